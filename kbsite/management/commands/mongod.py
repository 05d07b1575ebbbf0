"""`manage.py mongod`: the embedded MongoDB in the foreground, until Ctrl-C or SIGTERM."""

import signal
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kbsite.mongod import embedded
from kbsite.preflight import CannotStart, check_server, check_var


class Command(BaseCommand):
    help = "Run the embedded MongoDB in the foreground; it needs no other database."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self._run()
        except CannotStart as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("stopped, unless another program still uses it")

    def _run(self) -> None:
        check_var(settings.KB_VAR_DIR)
        with embedded(settings.KB_VAR_DIR) as running:
            check_server(running.uri)
            how = "started" if running.process else "was already running"
            self.stdout.write(f"MongoDB {how} on 127.0.0.1:{running.port}; Ctrl-C stops it")
            self.stdout.write(f"its log is {running.files.log}")
            while not (failure := running.failure()):
                time.sleep(1)
            raise failure
