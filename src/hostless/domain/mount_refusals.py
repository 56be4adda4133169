"""Why a file system of EFS could not be mounted, in the words of Fargate and of EFS's mount helper.

Source: stopped reasons of tasks as people report them (`ResourceInitializationError`), which hold
what amazon-efs-utils and mount.nfs4 print.
"""

THROUGH_TUNNEL = "127.0.0.1"
"""What is mounted where traffic is encrypted: the near end of a tunnel."""


def server_of(file_system_id: str, region: str) -> str:
    return f"{file_system_id}.efs.{region}.amazonaws.com"


def unresolved(server: str) -> str:
    """No such file system, or no mount target where the task is."""
    return _reason(
        f'Failed to resolve "{server}" - check that your file system ID is correct, and ensure '
        "that the VPC has an EFS mount target for this file system ID. See "
        "https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail. Attempting to "
        "lookup mount target ip address using botocore. Failed to import necessary dependency "
        "botocore, please install botocore first. ",
        1,
    )


def unreachable() -> str:
    """Security groups, network ACLs or routes are in the way."""
    return _reason("b'mount.nfs4: Connection timed out' ", 32)


def denied() -> str:
    """No such access point, or nothing where it leads."""
    return _reason(f"b'mount.nfs4: access denied by server while mounting {THROUGH_TUNNEL}:/' ", 32)


def no_folder(server: str, path: str, error: str) -> str:
    """error: as strerror(3) has it."""
    return _reason(
        f"b'mount.nfs4: mounting {server}:{path} failed, reason given by server: {error}' ", 32
    )


def _reason(printed: str, code: int) -> str:
    return (
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: "
        f"stderr: {printed}: unsuccessful EFS utils command execution; code: {code}"
    )
