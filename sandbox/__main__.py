"""``python -m sandbox``: a QContact on a port until Ctrl-C."""

import argparse
import os
import signal
import sys
from pathlib import Path

from sandbox.running import Server, listen
from sandbox.switches import DialectName, SwitchError, Switches, parse_switches
from sandbox.world import World


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description="A QContact to run locally.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--prefix", default="", help="path before all others, e.g. /api/v1")
    parser.add_argument("--tickets", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--api-key", default=os.environ.get("SANDBOX_API_KEY", "sandbox-key"))
    parser.add_argument("--dialect", choices=("tickets", "entities"), default="tickets")
    parser.add_argument("--email", default=os.environ.get("SANDBOX_EMAIL", "sync@example.test"))
    parser.add_argument(
        "--password", default=os.environ.get("SANDBOX_PASSWORD", "sandbox-password")
    )
    parser.add_argument("--portfile", type=Path, help="written with the port once it listens")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE")
    return parser.parse_args()


def _read_switches(pairs: list[str], dialect: DialectName) -> Switches:
    try:
        return parse_switches(pairs, dialect)
    except SwitchError as error:
        sys.exit(f"sandbox: {error}")


def _write_whole(path: Path, text: str) -> None:
    """Whoever waits for the file never reads half of it."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text)
    draft.replace(path)


def main() -> None:
    args = _read_arguments()
    switches = _read_switches(args.switch, args.dialect)
    # uvicorn stops on a signal, then raises it again: here it just ends the process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    try:
        listener = listen(args.host, args.port)
    except OSError as error:
        sys.exit(f"sandbox: can't listen on {args.host}:{args.port}: {error.strerror}")
    port = listener.getsockname()[1]
    world = World(
        tickets=args.tickets,
        seed=args.seed,
        api_key=args.api_key,
        dialect=args.dialect,
        email=args.email,
        password=args.password,
        switches=switches,
    )
    kind = "" if args.dialect == "tickets" else f", dialect {args.dialect}"

    def announce() -> None:
        if args.portfile:
            _write_whole(args.portfile, f"{port}\n")
        print(
            f"sandbox QContact listens on http://{args.host}:{port}{args.prefix}"
            f" ({args.tickets} tickets, seed {args.seed}{kind})",
            flush=True,
        )

    Server(world, args.prefix, announce).run(sockets=[listener])


if __name__ == "__main__":
    main()
