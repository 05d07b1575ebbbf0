"""The worker's thread for imports: run the job that waits longest, again and again.

It runs beside indexing, so that neither waits for the other. What is done with a job is
`running`, and under which lease `job_lease`. What people do with jobs is `jobs`.
"""

import logging
import threading
from typing import Final

from django.db import connections

from kbsite.logs import without_message
from knowledge.transfer.job_lease import lease_next
from knowledge.transfer.running import run

logger = logging.getLogger(__name__)

POLL_EVERY: Final = 0.5


def start_importing(name: str, stop: threading.Event) -> threading.Thread:
    """Begin the thread that imports until `stop` is set. `name` is the worker's."""
    thread = threading.Thread(target=_import_until, args=(name, stop), name="imports")
    thread.start()
    return thread


def run_next(name: str, stop: threading.Event) -> bool:
    """Take the job that has waited longest as far as it goes; False if there is none."""
    job = lease_next(name)
    if job:
        run(job, stop)
    return job is not None


def _import_until(name: str, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            if not run_next(name, stop):
                stop.wait(POLL_EVERY)
        except Exception as error:  # nobody else imports, so this goes on whatever happens
            logger.warning("imports pause: %s", without_message(error))
            stop.wait(POLL_EVERY)
    connections.close_all()
