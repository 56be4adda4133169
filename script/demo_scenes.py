"""What the demo shows, scene by scene, with the AWS CLI and boto3."""

import json
import os
import time
from typing import Any

import boto3
import demo_image
from botocore.exceptions import WaiterError
from demo_screen import Screen
from demo_stage import DemoFailed, Stage

__all__ = ["DemoFailed", "Scenes"]

FAMILY = "hello"
LOG_GROUP = "/demo/hello"
PORT = 80
SIDECAR = (
    "trap 'echo sidecar: goodbye; exit 0' TERM; "
    "until wget -q -O - http://localhost:80/ >/tmp/page; do sleep 0.2; done; "
    'echo "sidecar: read $(wc -c </tmp/page) bytes from the web server over localhost"; '
    "while true; do sleep 1 & wait $!; done"
)
SECONDS_UNTIL_LOGGED = 20.0


class Scenes:
    """Each method is a scene; `play` is the order."""

    def __init__(self, stage: Stage, screen: Screen, image: str | None) -> None:
        self._stage = stage
        self._screen = screen
        self._image = image or ""
        self._task: str = ""

    def play(self) -> None:
        """Raises DemoFailed."""
        if not self._image:
            self.make_image()
        self.start_engine()
        self.point_clients_at_it()
        self.register_definition()
        self.run_task()
        self.wait_for_it()
        self.fetch_page()
        self.show_logs()
        self.run_command_inside()
        self.stop_task()
        self.show_end()
        self.purge()

    def make_image(self) -> None:
        self._screen.scene(
            "An image", "Made from Debian's busybox and pushed to a registry on a loopback port."
        )
        registry = self._stage.start_registry()
        self._image = f"{registry}/hostless/demo:1"
        digest = demo_image.push(self._image, demo_image.demo_image()).rsplit("@", 1)[-1]
        self._screen.done(f"{self._image} ({digest[:19]}…)")

    def start_engine(self) -> None:
        self._screen.scene("The engine", "One process; no Docker, no Kubernetes, no cloud.")
        command = self._stage.engine_command()
        self._screen.command(command)
        started = time.monotonic()
        with self._screen.working("starting"):
            self._stage.start_engine(command)
        seconds = time.monotonic() - started
        self._screen.done(f"ready {self._stage.endpoint} ({seconds:.1f} s)")

    def point_clients_at_it(self) -> None:
        self._screen.scene("AWS clients", "All they need is an endpoint and a key pair.")
        self._screen.command(["hostless", "env", "--state-dir", str(self._stage.state_dir)])
        self._screen.output(self._stage.read_environment())
        identity = self._stage.aws_json("sts", "get-caller-identity")
        self._screen.output(json.dumps(identity))

    def register_definition(self) -> None:
        self._screen.scene(
            "A task definition",
            "Two containers, as Fargate wants them: a web server, and a sidecar that talks to it "
            "over localhost.",
        )
        self._stage.aws("logs", "create-log-group", "--log-group-name", LOG_GROUP)
        path = self._stage.home / "hello.json"
        path.write_text(json.dumps(self._definition(), indent=2))
        answer = self._stage.aws_json(
            "ecs", "register-task-definition", "--cli-input-json", f"file://{path}"
        )["taskDefinition"]
        size = f"{answer['cpu']} CPU units, {answer['memory']} MiB"
        self._screen.done(f"{answer['family']}:{answer['revision']}, {size}, {answer['status']}")

    def _definition(self) -> dict[str, Any]:
        logging = {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": LOG_GROUP,
                "awslogs-region": os.environ["AWS_DEFAULT_REGION"],
                "awslogs-stream-prefix": "demo",
            },
        }
        web = {"name": "web", "portMappings": [{"containerPort": PORT}]}
        sidecar = {"name": "sidecar", "command": ["/bin/sh", "-c", SIDECAR], "essential": False}
        shared = {"image": self._image, "logConfiguration": logging}
        return {
            "family": FAMILY,
            "requiresCompatibilities": ["FARGATE"],
            "networkMode": "awsvpc",
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": "arn:aws:iam::000000000000:role/ecsTaskExecutionRole",
            "taskRoleArn": "arn:aws:iam::000000000000:role/demo",
            "containerDefinitions": [{**web, **shared}, {**sidecar, **shared}],
        }

    def run_task(self) -> None:
        self._screen.scene("Run it", "In the default VPC, which is there from the start.")
        self._stage.aws_json("ecs", "create-cluster", "--cluster-name", "default")
        subnets = self._stage.aws_json(
            *("ec2", "describe-subnets", "--filters", "Name=default-for-az,Values=true"),
            *("--query", "Subnets[].SubnetId"),
        )
        network = f"awsvpcConfiguration={{subnets=[{','.join(subnets)}],assignPublicIp=ENABLED}}"
        answer = self._stage.aws_json(
            *("ecs", "run-task", "--task-definition", FAMILY, "--launch-type", "FARGATE"),
            *("--enable-execute-command", "--network-configuration", network),
        )
        if answer["failures"]:
            raise DemoFailed(f"RunTask: {answer['failures']}")
        self._task = answer["tasks"][0]["taskArn"]
        self._screen.done(f"{self._task} is {answer['tasks'][0]['lastStatus']}")

    def wait_for_it(self) -> None:
        self._screen.scene("Wait", "With the waiter that every AWS SDK brings, here boto3's.")
        self._screen.python('boto3.client("ecs").get_waiter("tasks_running").wait(tasks=[…])')
        self._wait("tasks_running")
        task = self._described()
        seconds = (task["startedAt"] - task["createdAt"]).total_seconds()
        self._screen.done(f"RUNNING {seconds:.2f} s after RunTask, pull and all")

    def _wait(self, waiter: str) -> None:
        """The stock waiter, asking more often than its six seconds."""
        try:
            with self._screen.working("waiting"):
                self._ecs().get_waiter(waiter).wait(
                    tasks=[self._task], WaiterConfig={"Delay": 1, "MaxAttempts": 90}
                )
        except WaiterError as error:
            self._screen.output(self._stage.hostless("describe", self._short_id()))
            raise DemoFailed(str(error)) from error

    def _short_id(self) -> str:
        return self._task.rsplit("/", 1)[-1][:8]

    def fetch_page(self) -> None:
        self._screen.scene(
            "The page", "The task has a network interface of its own; this host reaches it."
        )
        details = {d["name"]: d["value"] for d in self._described()["attachments"][0]["details"]}
        address = details["privateIPv4Address"]
        page = self._stage.command("busybox", "wget", "-q", "-O", "-", f"http://{address}/")
        self._screen.output(page)
        interface = details["networkInterfaceId"]
        shown = self._stage.aws_json(
            *("ec2", "describe-network-interfaces", "--network-interface-ids", interface),
            *("--query", "NetworkInterfaces[0].[NetworkInterfaceId,PrivateIpAddress,Status]"),
        )
        self._screen.output("  ".join(shown))

    def show_logs(self) -> None:
        self._screen.scene("The logs", "As CloudWatch Logs has them: prefix/container/task id.")
        deadline = time.monotonic() + SECONDS_UNTIL_LOGGED
        with self._screen.working("waiting for the sidecar to speak"):
            while "sidecar: read" not in self._logged() and time.monotonic() < deadline:
                time.sleep(0.2)
        text = self._stage.aws(
            *("logs", "filter-log-events", "--log-group-name", LOG_GROUP),
            *("--query", "events[].[logStreamName,message]", "--output", "text"),
        )
        self._screen.output(text)
        if "sidecar: read" not in text:
            raise DemoFailed("the sidecar did not reach the web server over localhost")

    def _logged(self) -> str:
        answer = self._client("logs").filter_log_events(logGroupName=LOG_GROUP)
        return "\n".join(event["message"] for event in answer["events"])

    def run_command_inside(self) -> None:
        self._screen.scene("A command inside", "Through ExecuteCommand; -it would give a shell.")
        text = self._stage.hostless(
            *("exec", "--container", "web", self._short_id(), "--"),
            *("sh", "-c", "hostname; ps; nproc; cat /etc/hosts"),
        )
        self._screen.output(text)

    def stop_task(self) -> None:
        self._screen.scene("Stop it", "SIGTERM, and SIGKILL for who does not listen.")
        self._stage.aws_json(
            *("ecs", "stop-task", "--task", self._task, "--reason", "the demo is over"),
            *("--query", "task.desiredStatus"),
        )
        self._screen.python('boto3.client("ecs").get_waiter("tasks_stopped").wait(tasks=[…])')
        self._wait("tasks_stopped")
        self._screen.done("STOPPED, says the waiter")

    def show_end(self) -> None:
        self._screen.scene("How it ended")
        query = (
            "tasks[0].{lastStatus:lastStatus,stopCode:stopCode,stoppedReason:stoppedReason,"
            "containers:containers[].{name:name,exitCode:exitCode}}"
        )
        shown = self._stage.aws_json(
            "ecs", "describe-tasks", "--tasks", self._task, "--query", query
        )
        self._screen.output(json.dumps(shown, indent=2))
        self._screen.output(self._stage.hostless("describe", self._short_id()))
        if shown["stoppedReason"] != "the demo is over":
            raise DemoFailed(f"the task stopped for another reason: {shown['stoppedReason']}")

    def purge(self) -> None:
        self._screen.scene("Leave nothing behind")
        self._stage.purge()
        left = self._stage.traces()
        if left:
            raise DemoFailed("left behind: " + ", ".join(left))
        self._screen.done("no process, mount, namespace, cgroup, interface or file is left")

    def _ecs(self) -> Any:
        return self._client("ecs")

    def _client(self, service: str) -> Any:
        """As everybody makes one: endpoint, keys and region are in the environment."""
        return boto3.client(service)  # type: ignore[call-overload]

    def _described(self) -> dict[str, Any]:
        task: dict[str, Any] = self._ecs().describe_tasks(tasks=[self._task])["tasks"][0]
        return task
