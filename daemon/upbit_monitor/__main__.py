"""``python -m upbit_monitor`` is ``upbit-monitor``."""

from upbit_monitor.cli import main

if __name__ == "__main__":
    main(prog_name="upbit-monitor")
