"""A headless Chromium, steered over a pipe by its own protocol; no driver, no port."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager

from support.waiting import PATIENCE

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)


@contextmanager
def browser(folder):
    """A browser with a profile of its own in that folder."""
    ours_in, theirs_out = os.pipe()
    theirs_in, ours_out = os.pipe()
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    shown = [*flags, "--remote-debugging-pipe", f"--user-data-dir={folder / 'chromium'}"]
    command = ["bash", "-c", f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}', CHROMIUM, *shown]
    process = subprocess.Popen(
        command,
        pass_fds=(theirs_in, theirs_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    with os.fdopen(ours_in, "rb") as heard, os.fdopen(ours_out, "wb") as said:
        try:
            yield Browser(heard, said)
        finally:
            process.terminate()
            process.wait(PATIENCE)


class Browser:
    """The pipe: messages end with a zero byte."""

    def __init__(self, heard, said):
        self._heard, self._said, self._number, self._left = heard, said, 0, b""
        self.events = []

    def do(self, method, session=None, **given):
        self._number += 1
        message = {"id": self._number, "method": method, "params": given}
        if session:
            message["sessionId"] = session
        self._said.write(json.dumps(message).encode() + b"\0")
        self._said.flush()
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self.events.append(answer)

    def _next(self):
        while b"\0" not in self._left:
            more = os.read(self._heard.fileno(), 1 << 20)
            assert more, "the browser has gone"
            self._left += more
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)

    def open(self, url, width=1280, height=1500, dark=False):
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        session = self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.do("Emulation.setDeviceMetricsOverride", **size)
        page.do("Emulation.setEmulatedMedia", features=[scheme])
        for domain in ("Page", "Runtime", "Log"):
            page.do(f"{domain}.enable")
        page.do("Page.navigate", url=url)
        return page


class Page:
    """One tab."""

    def __init__(self, browser, session, target):
        self._browser, self._session, self._target = browser, session, target

    def close(self):
        self._browser.do("Target.closeTarget", targetId=self._target)

    def do(self, method, **given):
        return self._browser.do(method, self._session, **given)

    def js(self, expression):
        """What an expression is, as JSON."""
        given = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        result = self.do("Runtime.evaluate", **given)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, expression):
        """Wait until an expression is true; says what the page looked like if it never is."""
        end = time.monotonic() + PATIENCE
        shielded = f"(() => {{ try {{ return !!({expression}) }} catch {{ return false }} }})()"
        while not self.js(shielded):
            assert time.monotonic() < end, (expression, self.js("document.body.innerText"))
            time.sleep(0.05)

    def text(self, selector):
        return self.js(f"document.querySelector({json.dumps(selector)})?.innerText")

    def press(self, key, text=""):
        """A key on the keyboard, where the focus is."""
        codes = {"Tab": 9, "Enter": 13}
        given = {"key": key, "windowsVirtualKeyCode": codes.get(key, 0), "text": text}
        self.do("Input.dispatchKeyEvent", type="keyDown", **given)
        self.do("Input.dispatchKeyEvent", type="keyUp", key=key)

    def click(self, selector):
        """The mouse, in the middle of the first element that is meant and can be seen."""
        box = self.js(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        where = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.do("Input.dispatchMouseEvent", type=kind, **where)

    def picture(self, path):
        data = self.do("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))

    @property
    def complaints(self):
        """What went wrong in the page's own eyes; an answer of 400 is the server's business."""
        found = []
        for event in self._browser.events:
            method, given = event.get("method"), event.get("params", {})
            entry = given.get("entry", {})
            is_error = entry.get("level") == "error" and entry.get("source") != "network"
            ours = event.get("sessionId") == self._session
            if ours and (method == "Runtime.exceptionThrown" or is_error):
                found.append(json.dumps(given)[:500])
        return found
