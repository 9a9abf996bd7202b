"""Builtins of the time and signal modules, redirected in place.

A builtin is `{HEAD, m_ml, m_self}` and calling it runs `m_ml->ml_meth(m_self, argument)`. We point
`m_ml` at a method definition whose function is the C-API's own PyObject_CallNoArgs,
PyObject_CallOneArg, PyObject_Vectorcall, PyObject_CallObject or PyObject_Call, and `m_self` at a
Python function. So every reference to the builtin follows: `from time import sleep`, a default
argument `timer=time.monotonic`, a stored `self._clock`. time-machine does the same in C for
`time.time` and `datetime.now`.
"""

from __future__ import annotations

import ctypes
import pickle
import signal
import sys
import time
from collections.abc import Callable
from types import BuiltinFunctionType
from typing import Any

from chaos_llm.errors import UsageError

_METH_VARARGS, _METH_KEYWORDS, _METH_NOARGS, _METH_O, _METH_FASTCALL = 0x1, 0x2, 0x4, 0x8, 0x80
_ANY_ARGUMENTS, _ANY_TUPLE = _METH_FASTCALL | _METH_KEYWORDS, _METH_VARARGS | _METH_KEYWORDS
# By the flags of a builtin: the flags of its replacement, and the C function that goes with them.
_TRAMPOLINES = {
    _METH_NOARGS: (_METH_NOARGS, "PyObject_CallNoArgs"),
    _METH_O: (_METH_O, "PyObject_CallOneArg"),
    _METH_FASTCALL: (_ANY_ARGUMENTS, "PyObject_Vectorcall"),
    _ANY_ARGUMENTS: (_ANY_ARGUMENTS, "PyObject_Vectorcall"),
    _METH_VARARGS: (_METH_VARARGS, "PyObject_CallObject"),
    _ANY_TUPLE: (_ANY_TUPLE, "PyObject_Call"),
}
_POINTER = ctypes.sizeof(ctypes.c_void_p)
_VECTORCALL = 4  # pointers behind the first: m_self, m_module, m_weakreflist and vectorcall follow


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


def _method(builtin: object) -> tuple[ctypes.c_void_p, ctypes.c_void_p]:
    base = id(builtin) + object.__basicsize__
    return (
        ctypes.c_void_p.from_address(base),
        ctypes.c_void_p.from_address(base + _POINTER),
    )


def _vectorcall(builtin: object) -> ctypes.c_void_p:
    """The builtin's vectorcall pointer, which the interpreter calls first; it fits the flags."""
    base = id(builtin) + object.__basicsize__
    return ctypes.c_void_p.from_address(base + _VECTORCALL * _POINTER)


def has_known_layout(builtin: object) -> bool:
    """Whether a builtin looks as described above, by what the C-API itself says of it.

    A pointer is followed only if the one beside it is right, so an unknown layout is no crash.
    """
    if sys.implementation.name != "cpython":
        return False
    method, owner = _method(builtin)
    if owner.value != _from_c_api("PyCFunction_GetSelf", builtin) or not method.value:
        return False
    function = _MethodDef.from_address(method.value).function
    call = _vectorcall(builtin).value
    return bool(
        function == _from_c_api("PyCFunction_GetFunction", builtin)
        and call == _from_c_api("PyVectorcall_Function", builtin)
    )


def _from_c_api(function: str, builtin: object) -> int | None:
    """The pointer that a function of the C-API finds in a builtin."""
    take = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object)
    pointer: int | None = take((function, ctypes.pythonapi))(builtin)
    return pointer


def copy_of_builtin(builtin: Callable[..., Any]) -> Callable[..., Any]:
    """Copy a builtin with its C function; a redirect of the original does not affect the copy."""
    if type(builtin) is not BuiltinFunctionType or not has_known_layout(builtin):
        return builtin
    method, owner = _method(builtin)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    made: Callable[..., Any] = make(method.value, owner.value, None)
    return made


real_sleep: Callable[[float], None] = copy_of_builtin(time.sleep)
real_monotonic: Callable[[], float] = copy_of_builtin(time.monotonic)
real_monotonic_ns: Callable[[], int] = copy_of_builtin(time.monotonic_ns)
real_perf_counter: Callable[[], float] = copy_of_builtin(time.perf_counter)
real_perf_counter_ns: Callable[[], int] = copy_of_builtin(time.perf_counter_ns)
real_raise_signal: Callable[[int], None] = copy_of_builtin(signal.raise_signal)


def reduce_by_name(builtin: Any) -> Any:
    """Pickle a builtin by its name, as usual; a redirected one would be pickled as a method."""
    module, name = sys.modules.get(builtin.__module__ or ""), str(builtin.__name__)
    if getattr(module, name, None) is builtin:
        return name
    return builtin.__reduce_ex__(pickle.DEFAULT_PROTOCOL)


class Redirect:
    """One builtin that can be redirected to a Python function, and back.

    The function must live as long as the process, because a thread may be inside it, or about to
    enter it, while the redirect is removed. So it gets a reference that is never released.
    """

    def __init__(self, builtin: Callable[..., Any], function: Callable[..., Any]) -> None:
        if type(builtin) is not BuiltinFunctionType:
            raise UsageError(
                f"{builtin!r} is not the builtin function of that name: something has replaced it "
                "(freezegun?); end that before the outage begins"
            )
        self._builtin, self._function = builtin, function
        self._method, self._owner = _method(builtin)
        self._call = _vectorcall(builtin)
        self._before = self._method.value, self._owner.value, self._call.value
        plain = _MethodDef.from_address(self._before[0] or 0)
        if plain.flags not in _TRAMPOLINES:
            raise UsageError(f"{builtin!r} has a calling convention that cannot be redirected")
        flags, name = _TRAMPOLINES[plain.flags]
        trampoline = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p)
        self._definition = _MethodDef(plain.name, trampoline.value, flags, plain.doc)
        # `print` takes any arguments, so its vectorcall pointer suits the replacement.
        has_same_flags = flags == plain.flags
        self._called = self._call.value if has_same_flags else _vectorcall(print).value
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(function))

    def install(self) -> None:
        """Redirect calls to the function."""
        # Another thread may run after any call, and must not see one of them without the others.
        owner, call, method = id(self._function), self._called, ctypes.addressof(self._definition)
        self._owner.value, self._call.value, self._method.value = owner, call, method

    def remove(self) -> None:
        """Let calls reach the builtin's own C function again."""
        self._method.value, self._owner.value, self._call.value = self._before
