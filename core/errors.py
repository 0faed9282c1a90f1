"""Errors meant for a person."""


class UserError(Exception):
    """Something a person can understand and act on.

    The message says what happened, which file or setting it concerns and what to do next.
    It is shown as it is: no traceback belongs beside it.
    """


class OutOfMemory(UserError):
    """The device, or the machine, has too little memory for what was asked."""
