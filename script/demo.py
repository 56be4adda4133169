"""The life of a Fargate task on this machine, told while it happens.

Everything is done with what any AWS user has: the AWS CLI and boto3, pointed at the engine by
AWS_ENDPOINT_URL and a key pair. Only the engine itself, the shell inside the task and the cleaning
up are `hostless` commands. Ends with exit code 0 only when nothing is left behind.
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from demo_scenes import DemoFailed, Scenes
from demo_screen import Screen
from demo_stage import Stage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", help="Use this image instead of the one made from busybox.")
    parser.add_argument("--plain", action="store_true", help="No colours, as in a pipe.")
    parser.add_argument(
        "--aside", action="store_true", help="Leave the usual port and network range to others."
    )
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    screen = Screen(has_colours=sys.stdout.isatty() and not arguments.plain)
    screen.headline("A Fargate task on this machine, with nothing but the AWS CLI and boto3")
    home = Path(tempfile.mkdtemp(prefix="hostless-demo-", dir="/var/tmp"))
    stage = Stage(home, screen, is_aside=arguments.aside)
    try:
        Scenes(stage, screen, arguments.image).play()
    except DemoFailed as failure:
        screen.failure(str(failure), stage.engine_log())
        return 1
    except KeyboardInterrupt:
        screen.failure("interrupted", "")
        return 130
    finally:
        left = stage.clear()
        if left:
            screen.failure("this was left behind", "\n".join(left))
    if left:
        return 1
    screen.epilogue()
    return 0


if __name__ == "__main__":
    sys.exit(main())
