"""Whether a client that failed is more likely to fail again, and for how long.

A window that is sticky draws once for each client and epoch, so two calls of one client agree if
they are in one epoch. Two calls that lie `lag` apart are in one epoch of `length` with the
probability 1 - lag / length. That line is fitted to how far pairs of calls agree.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

_PAIRS = 30  # pairs of calls of one client, at least
_LEAST = 0.35  # correlation of a client's next call that counts as sticky
_SURE = 4.0  # standard errors above no correlation
_LAGS = 12
_ROUND = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800, 3600)


class Stickiness(NamedTuple):
    """How far calls of one client agree, from 0 to 1; `seconds` is the length of an epoch.

    `seconds` is None if clients agree for the whole window. `spread` is by how much the variance of
    a share is larger than with independent calls.
    """

    correlation: float
    seconds: float | None
    spread: float


def of(at: Any, failed: Any, client: Any) -> Stickiness | None:
    """The stickiness in one window; None where clients are unknown, or it is not sticky.

    `failed` are booleans, `client` numbers of clients (-1: unknown), all in the order of time.
    """
    import numpy as np  # noqa: PLC0415 - comes with an extra

    known = client >= 0
    at, failed, client = at[known], failed[known].astype("f8"), client[known]
    clients = len(np.unique(client))
    share = float(failed.mean()) if len(failed) else 0.0
    variance = share * (1 - share)
    if clients < 2 or variance <= 0.0:
        return None
    order = np.lexsort((at, client))
    at, failed, client = at[order], failed[order], client[order]
    pairs = np.flatnonzero(client[1:] == client[:-1])
    if len(pairs) < _PAIRS:
        return None
    products = (failed[pairs] - share) * (failed[pairs + 1] - share) / variance
    correlation = float(products.mean())
    if correlation < _LEAST or correlation * math.sqrt(len(pairs)) < _SURE:
        return None
    seconds = _length(at, failed, client, share)
    epochs = max(1.0, float(at.max() - at.min()) / seconds) if seconds else 1.0
    per_draw = len(at) / (clients * epochs)
    return Stickiness(min(1.0, correlation), seconds, max(1.0, per_draw))


def _length(at: Any, failed: Any, client: Any, share: float) -> float | None:
    """The length of an epoch that fits best; None if agreement does not fall with the lag."""
    import numpy as np  # noqa: PLC0415 - comes with an extra

    lags, agreement, weights = [], [], []
    variance = share * (1 - share)
    for step in range(1, _most_steps(client) + 1):
        same = client[step:] == client[:-step]
        if same.sum() < _PAIRS // 2:
            break
        products = (failed[step:] - share) * (failed[:-step] - share)
        lags.append((at[step:] - at[:-step])[same])
        agreement.append(products[same] / variance)
        weights.append(int(same.sum()))
    lag, agrees = np.concatenate(lags), np.concatenate(agreement)
    span = float(at.max() - at.min())
    candidates = [float(each) for each in _ROUND if each < span] + [math.inf]
    errors = [float(((agrees - np.clip(1 - lag / c, 0.0, 1.0)) ** 2).mean()) for c in candidates]
    best = candidates[int(np.argmin(errors))]
    return None if math.isinf(best) else best


def _most_steps(client: Any) -> int:
    """How many calls of one client apart pairs are compared: less for very long series."""
    return 200 if len(client) < 20_000 else _LAGS
