"""What `make run` executes: `python -m kbsite.supervisor`.

It checks what must hold, joins the embedded MongoDB unless MONGODB_URI is set, runs
`manage.py first_start`, then the worker and the web server until a signal, and stops them all.
Django is imported by those processes only: its settings need the database's address.
"""

import asyncio
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Coroutine
from contextlib import ExitStack
from typing import Any

from kbsite.children import Child, say
from kbsite.environment import (
    BASE_DIR,
    Environment,
    InvalidEnvironment,
    read_environment,
    split_commas,
)
from kbsite.mongod import Running, embedded
from kbsite.preflight import CannotStart, check_port, check_server, check_space, check_var

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What uvicorn gives open requests and streams to finish in, and what we give uvicorn
DRAIN_SECONDS = 5
GRACE_SECONDS = DRAIN_SECONDS + 3
# A worker that ends is started again after 1, 2, 4 ... 30 s; after a minute of work from 1 again
FIRST_DELAY, LONGEST_DELAY, STEADY_SECONDS = 1.0, 30.0, 60.0
# Said to be slow, and the worker started all the same, when /healthz does not turn healthy
PATIENCE_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
MAX_SERVER_DEATHS = 3
LOG_CHECK_SECONDS = 3_600


class Supervisor:
    """The processes of a running site. `server` is None when MONGODB_URI names one."""

    def __init__(self, env: Environment, server: Running | None) -> None:
        self.env = env
        self.server = server
        self.setup = Child("setup", "manage.py", "first_start")
        self.worker = Child("worker", "manage.py", "worker")
        self.web = Child("web", *_web_arguments(env))
        self._stop = asyncio.Event()
        self._started = asyncio.Event()

    async def run(self) -> None:
        """Run the site until a signal. Raises `CannotStart` when it cannot go on."""
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)
        try:
            await self._unless_stopped(self._first_start())
            await self._unless_stopped(self._serve())
        finally:
            await self._stop_everything()

    def _on_signal(self) -> None:
        if not self._stop.is_set():
            say("site", "stopping; Ctrl-C again ends everything at once")
            self._stop.set()
        else:
            for child in (self.setup, self.worker, self.web):
                child.kill()

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for `work`, or for a signal, which cancels it."""
        working = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
        stopping.cancel()
        await asyncio.wait({working, stopping})
        if not working.cancelled():
            working.result()

    async def _first_start(self) -> None:
        if code := await self.setup.run():
            raise CannotStart(
                f"Preparing the database ended with {_how(code)}.", "The lines above say why."
            )

    async def _serve(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._run_web())
                tasks.create_task(self._keep_worker())
                tasks.create_task(self._announce())
                tasks.create_task(self._keep_server())
        except ExceptionGroup as group:
            # not `except*`: before Python 3.11.4 it wraps what is raised in it in another group
            reasons, others = group.split(CannotStart)
            if others or not reasons:
                raise
            raise reasons.exceptions[0] from None

    async def _run_web(self) -> None:
        code = await self.web.run()
        raise CannotStart(
            f"The web server ended with {_how(code)}: {self.web.last_line}",
            "Everything was stopped; the lines above say why.",
        )

    async def _keep_worker(self) -> None:
        # loading its models must not slow down the start of the pages
        await self._started.wait()
        delay = FIRST_DELAY
        while True:
            started = asyncio.get_running_loop().time()
            code = await self.worker.run()
            if asyncio.get_running_loop().time() - started > STEADY_SECONDS:
                delay = FIRST_DELAY
            say("worker", f"ended with {_how(code)}; starting it again in {delay:.0f} s")
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _keep_server(self) -> None:
        """Start the embedded MongoDB again when it ends, unless that has become a habit."""
        deaths = 0
        while self.server is not None:
            started = asyncio.get_running_loop().time()
            failure = await self._server_failure(self.server)
            steady = asyncio.get_running_loop().time() - started > STEADY_SECONDS
            deaths = 1 if steady else deaths + 1
            if deaths > MAX_SERVER_DEATHS:
                raise failure
            say("mongod", f"{failure.sentence} Starting it again.")
            check_space(self.env.kb_var_dir)
            await asyncio.to_thread(self.server.revive)

    async def _server_failure(self, server: Running) -> CannotStart:
        while True:
            for _ in range(LOG_CHECK_SECONDS):
                if failure := await asyncio.to_thread(server.failure):
                    return failure
                await asyncio.sleep(1)
            await asyncio.to_thread(server.rotate_log)

    async def _announce(self) -> None:
        """Print the address once the site is healthy; after a while without, what is wrong."""
        deadline, pause = asyncio.get_running_loop().time() + PATIENCE_SECONDS, FIRST_PAUSE
        while problem := await asyncio.to_thread(_health_problem, self.env):
            if not self._started.is_set() and asyncio.get_running_loop().time() > deadline:
                say("site", f"not healthy yet: {problem}")
                self._started.set()
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
        say("site", f"{_address(self.env)}/ is ready; Ctrl-C stops it")
        self._started.set()

    async def _stop_everything(self) -> None:
        children = (self.setup, self.worker, self.web)
        await asyncio.gather(*(child.stop(grace=GRACE_SECONDS) for child in children))
        if self.server is not None:
            await asyncio.to_thread(self.server.stop)
        say("site", "stopped")


def _web_arguments(env: Environment) -> list[str]:
    # Forwarded addresses are believed only when a proxy is named: anyone may send the header.
    proxies = ["--forwarded-allow-ips", env.forwarded_allow_ips] if env.forwarded_allow_ips else []
    return [
        *("-m", "uvicorn", "kbsite.asgi:application"),
        *("--host", env.host, "--port", str(env.port)),
        *("--timeout-graceful-shutdown", str(DRAIN_SECONDS)),
        # no access log: its lines would hold what people ask
        *("--log-level", "warning", "--no-access-log", "--no-server-header", "--ws", "none"),
        *(["--proxy-headers", *proxies] if proxies else ["--no-proxy-headers"]),
    ]


def _address(env: Environment) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(env.host, env.host)  # noqa: S104
    return f"http://[{host}]:{env.port}" if ":" in host else f"http://{host}:{env.port}"


def _health_problem(env: Environment) -> str:
    """What keeps the site from being healthy, or an empty string."""
    names = [name.removeprefix(".") for name in split_commas(env.allowed_hosts) if name != "*"]
    headers = {"Host": names[0] if names else "localhost"}
    if env.https:
        headers["X-Forwarded-Proto"] = "https"
    request = urllib.request.Request(f"{_address(env)}/healthz", headers=headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310
            return ""
    except urllib.error.HTTPError as error:
        return f"/healthz answers {error.code}: {error.read(500).decode(errors='replace')}"
    except OSError as error:
        return f"no answer from the web server ({error})"


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _warn(env: Environment) -> None:
    # HTTPS is always a proxy's: the web server speaks none
    if env.https and not env.forwarded_allow_ips:
        say(
            "site",
            "FORWARDED_ALLOW_IPS names no proxy: all visitors seem to have the proxy's address, "
            "and wrong sign-ins of one lock everybody out",
        )


def _run(env: Environment) -> None:
    _warn(env)
    check_port(host=env.host, port=env.port)
    check_var(env.kb_var_dir)
    with ExitStack() as stack:
        server = None if env.mongodb_uri else stack.enter_context(embedded(env.kb_var_dir))
        check_server(env.mongodb_uri or (server.uri if server else ""))
        say("mongod", f"embedded, on port {server.port}" if server else "the one in MONGODB_URI")
        asyncio.run(_supervise(env, server))


async def _supervise(env: Environment, server: Running | None) -> None:
    await Supervisor(env, server).run()


def main() -> int:
    """Run the site; 0 after a signal, 1 with the reason on stderr when it cannot run."""
    for number in SIGNALS:  # until the event loop takes them over
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        _run(read_environment())
    except InvalidEnvironment as error:
        sys.stderr.write(f"This setting cannot be used: {error}.\n  .env.example explains each.\n")
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.path.insert(0, str(BASE_DIR))
    sys.exit(main())
