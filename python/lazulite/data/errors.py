"""Exceptions on their way from a worker to the loop."""

import contextlib
import pickle
import traceback


class WorkerTraceback(Exception):
    """The traceback of an exception in a worker, as text: the cause of that exception here."""

    def __init__(self, text):
        super().__init__(text)
        self.text = text

    def __str__(self):
        return f"\n\n{self.text}"


class Failure:
    """An exception, with its traceback, in a form that always arrives."""

    def __init__(self, error, place):
        self.place = place
        self.text = f"In {place}:\n{''.join(traceback.format_exception(error))}"
        self.pickled = None
        with contextlib.suppress(Exception):
            pickled = pickle.dumps(error)
            if type(pickle.loads(pickled)) is type(error):
                self.pickled = pickled

    def raise_here(self):
        """Raises the exception, or a RuntimeError that says all of it if it cannot be pickled."""
        error = None
        if self.pickled is not None:
            with contextlib.suppress(Exception):
                error = pickle.loads(self.pickled)
        if error is None:
            raise RuntimeError(
                f"DataLoader: an exception that cannot be pickled was raised. {self.text}"
            )
        raise error from WorkerTraceback(self.text)
