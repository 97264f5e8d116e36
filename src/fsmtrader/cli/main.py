"""The entry point: runs a command and turns how it ended into an exit code.

0    nothing is wrong (warnings are allowed, unless `--strict`)
1    errors were found: in a spec, in market data, in a run; or the output could not be written
2    wrong usage
3    our fault: an error that should not be possible
130  interrupted with Ctrl-C
141  whoever read the output went away (as for any Unix tool)
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

import click

from fsmtrader import __version__
from fsmtrader.cli.group import fsm
from fsmtrader.cli.output import OutputClosed, OutputFailed, show_findings
from fsmtrader.cli.render import Format
from fsmtrader.diagnostics import FsmError, SpecError, UsageError
from fsmtrader.diagnostics.visible import visible

OK, FOUND, USAGE, FAULT, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 3, 130, 141
UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""why a stream does not take what is written to it"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `fsm` with these arguments (the process's own by default) and give the exit code."""
    _accept_any_text()
    try:
        code = _run(argv)
        sys.stdout.flush()
    except (BrokenPipeError, OutputClosed):
        _drop_output()
        return PIPE_CLOSED
    except OutputFailed as problem:
        return _not_written(str(problem))
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted")
        return INTERRUPTED
    except OSError as problem:  # click's own output (--help), and the last of the buffer
        if problem.filename is None and problem.errno in UNWRITABLE:
            return _not_written((problem.strerror or str(problem)).lower())
        return _our_fault(problem)
    except Exception as fault:  # the one place where every error ends: ours, since all others are named in _run
        return _our_fault(fault)
    return code


def _run(argv: Sequence[str] | None) -> int:
    try:
        result = fsm.main(args=None if argv is None else list(argv), prog_name="fsm", standalone_mode=False)
        return result if isinstance(result, int) else OK
    except click.ClickException as wrong:
        wrong.show()
        return USAGE
    except UsageError as wrong:
        _say(f"Error: {wrong}")
        return USAGE
    except SpecError as wrong:
        show_findings(wrong.diagnostics, wrong.sources, Format.TEXT)
        return FOUND
    except FsmError as wrong:
        _say(f"Error: {wrong}")
        return FOUND
    except SystemExit as end:  # shell completion ends this way
        return end.code if isinstance(end.code, int) else OK


def _accept_any_text() -> None:
    """A character that the terminal's encoding lacks is written as an escape instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _say(text: str) -> None:
    print(visible(text, keep="\n"), file=sys.stderr)


def _not_written(reason: str) -> int:
    """The reader of the output is the user's own choice: no fault of ours, and no result either."""
    _drop_output()
    _say(f"Error: cannot write the output: {reason}")
    return FOUND


def _drop_output() -> None:
    """Point standard output to nowhere, so that the interpreter's last flush does not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _our_fault(fault: Exception) -> int:
    if os.environ.get("FSMTRADER_DEBUG") == "1":
        import traceback

        traceback.print_exception(fault)
    text = " ".join(str(fault).split())[:300]
    _say(
        f"fsm {__version__} failed: {type(fault).__name__}: {text}\n"
        "This is a fault of fsmtrader, not of your spec. Please report it with the command and the spec;\n"
        "FSMTRADER_DEBUG=1 shows where it happened."
    )
    return FAULT


if __name__ == "__main__":
    sys.exit(main())
