"""dlt, in an environment of its own: its pins are not ours."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

PIN = "dlt[postgres]==1.31.0"
_ENVIRONMENT = Path(__file__).parents[2] / ".bench" / "dlt"


def environment() -> str | None:
    """The interpreter that has dlt, installed now if it is not there; None where it can't be."""
    python = _ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(_ENVIRONMENT, with_pip=True)
        uv = shutil.which("uv", path=str(Path(sys.executable).parent))
        install = [uv, "pip", "install", "--python", str(python)] if uv else [python, "-m", "pip"]
        if not uv:
            install.append("install")
        done = subprocess.run([*install, "-q", PIN], capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(_ENVIRONMENT)
            print(f"dlt is left out: {PIN} cannot be installed here", file=sys.stderr)
            return None
    return str(python)
