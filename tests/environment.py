"""A pytest plugin that hides the developer's settings from the tests, before Django reads any.

`pyproject.toml` loads it by `-p`: a conftest would come too late. Without it the tests would ask
paid services with the keys in `.env` or in the shell, and fail on a clone that is in use.
"""

import os

from kbsite.environment import Environment

# Which database on the server of MONGODB_TEST_URI: several test runs can share one server
KEPT = {"mongodb_database"}

os.environ["KB_ENV_FILE"] = ""
for name in Environment.model_fields.keys() - KEPT:
    # pydantic does not care for the case of a variable's name
    for variable in [found for found in os.environ if found.lower() == name]:
        del os.environ[variable]
