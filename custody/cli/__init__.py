"""The command `custody`. Heavy parts are imported by the command that needs them, so that a node starts fast."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import typer
from typer.exceptions import Abort, Exit, TyperException

from custody.cli.backup import abandon, backup, destroy, restore, transcript
from custody.cli.bench import bench
from custody.cli.blame import blame, fingerprint
from custody.cli.demo import demo
from custody.cli.develop import compile_command
from custody.cli.heartbeat import heartbeat
from custody.cli.intent import intent
from custody.cli.keys import ceremony, coordinator, derive, erase, keys, refresh, repair, reshare
from custody.cli.node import journal, node
from custody.errors import CustodyError, UsageError

app = typer.Typer(
    name="custody",
    help="Custody of derivative collateral by threshold keys.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
node.command("abandon")(abandon)
app.add_typer(node, name="node")
app.add_typer(journal, name="journal")
app.add_typer(coordinator, name="coordinator")
app.add_typer(keys, name="keys")
app.add_typer(blame, name="blame")
app.add_typer(intent, name="intent")
node.command("backup")(backup)
node.command("restore")(restore)
node.command("transcript")(transcript)
node.command("abandon")(abandon)
node.command("destroy")(destroy)
for command in (ceremony, refresh, reshare, repair, derive, erase, heartbeat, fingerprint):
    app.command(command.__name__)(command)
app.add_typer(bench, name="bench")
app.command("compile")(compile_command)
app.command("demo")(demo)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run; a mistake of the caller's ends with one sentence and code 2, anything else of ours with code 1."""
    try:
        code = app(args=None if arguments is None else list(arguments), prog_name="custody", standalone_mode=False)
    except Exit as exit_:
        code = exit_.exit_code
    except (Abort, KeyboardInterrupt):
        print("custody: stopped", file=sys.stderr)
        sys.exit(130)
    except TyperException as error:
        message = getattr(error, "format_message", error.__str__)()
        if message:  # empty where the command's help was shown instead
            print(f"custody: {message}; see `custody --help`", file=sys.stderr)
        sys.exit(2)
    except UsageError as error:
        _fail(error, 2)
    except CustodyError as error:
        _fail(error, 1)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(error: CustodyError, code: int) -> NoReturn:
    print(f"custody: {error}", file=sys.stderr)
    sys.exit(code)


__all__ = ["app", "main"]
