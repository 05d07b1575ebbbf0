"""What the environment may set, with its defaults and limits.

Read once, from the process environment and `.env`; a bad value stops the start with the
variable's name. KB_ENV_FILE names another file than `.env`, or, when it is empty, none.
Nothing here knows Django: `kbsite/settings.py` turns it into settings.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent


def _commas(value: str) -> str:
    """Keep a comma-separated setting as written; `split_commas` reads it."""
    return ",".join(part.strip() for part in value.split(",") if part.strip())


def _from_base(path: Path) -> Path:
    """Not from the working directory: a command run elsewhere must find the same data."""
    return BASE_DIR / path


CommaList = Annotated[str, NoDecode, AfterValidator(_commas)]
Share = Annotated[float, Field(ge=0, le=1)]
Milliseconds = Annotated[int, Field(ge=1, le=600_000)]
Count = Annotated[int, Field(ge=1, le=10_000)]


class InvalidEnvironment(Exception):
    """A variable has a value that cannot be used; the message names it."""


class Environment(BaseSettings):
    """Every variable that the product reads. Names are the upper-case field names."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    debug: bool = False
    secret_key: str = ""
    secret_key_fallbacks: CommaList = ""
    allowed_hosts: CommaList = "localhost,127.0.0.1,[::1]"
    csrf_trusted_origins: CommaList = ""
    site_url: str = Field(default="", pattern=r"^(https?://[^/\s]+/?)?$")
    https: bool = False
    forwarded_allow_ips: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    kb_site_name: str = Field(default="Knowledge base", min_length=1, max_length=60)
    kb_var_dir: Annotated[Path, AfterValidator(_from_base)] = BASE_DIR / "var"

    mongodb_uri: str = Field(default="", pattern=r"^(mongodb(\+srv)?://.+)?$")
    mongodb_database: str = Field(default="kb", pattern=r"^[A-Za-z0-9_-]{1,38}$")

    email_host: str = ""
    email_port: int = Field(default=587, ge=1, le=65535)
    email_host_user: str = ""
    email_host_password: str = ""
    email_use_tls: bool = True
    default_from_email: str = Field(default="kb@localhost", pattern=r"^[^\r\n]*@[^\r\n]+$")

    workspace_creators: Literal["everyone", "administrators"] = "everyone"
    registration: Literal["open", "invitation", "closed"] = "invitation"
    password_policy: Literal["kinds", "nist"] = "kinds"  # noqa: S105
    password_max_age_days: int = Field(default=0, ge=0, le=3_650)
    require_mfa: Literal["nobody", "administrators", "everyone"] = "nobody"
    session_idle_hours: int = Field(default=168, ge=1, le=8_760)
    session_days: int = Field(default=30, ge=1, le=365)
    audit_days: int = Field(default=365, ge=1, le=3_650)
    invitation_days: int = Field(default=7, ge=1, le=90)

    voyage_api_key: str = ""
    voyage_base_url: str = ""
    voyage_embed_model: str = "voyage-3"
    voyage_rerank_model: str = "rerank-2"
    openai_api_key: str = ""
    openai_base_url: str = ""
    openai_model: str = "gpt-4o-mini"

    rerank_budget_ms: Milliseconds = 300
    rerank_timeout_ms: Milliseconds = 3_000
    embed_timeout_ms: Milliseconds = 10_000
    answer_timeout_ms: Milliseconds = 60_000
    answer_stall_ms: Milliseconds = 20_000

    search_engine: Literal["auto", "local", "atlas"] = "auto"
    search_semantic_limit: Count = 50
    search_semantic_candidates: Count = 200
    search_keyword_limit: Count = 30
    search_fused_limit: Count = 20
    search_passages: Count = 5
    search_at_once: Count = os.cpu_count() or 1
    search_queue: Annotated[int, Field(ge=0, le=10_000)] = 64
    confidence_strong: Share = 0.4
    confidence_weak: Share = 0.3

    question_max_chars: Count = 1_000
    questions_per_minute: Count = 20
    questions_per_hour: Count = 200
    model_answers_per_day: int = Field(default=2_000, ge=0, le=10_000)
    # twice as many, with their page as HTML, would not fit a document of MongoDB
    article_max_chars: int = Field(default=1_000_000, ge=1_000, le=2_000_000)
    image_max_bytes: int = Field(default=10_000_000, ge=10_000, le=50_000_000)
    chunk_max_chars: int = Field(default=1_500, ge=200, le=8_000)
    embed_batch: int = Field(default=8, ge=1, le=128)
    lease_seconds: int = Field(default=120, ge=1, le=3_600)
    import_max_bytes: int = Field(default=104_857_600, ge=1_048_576, le=1_073_741_824)
    trash_days: int = Field(default=30, ge=1, le=3_650)
    draft_days: int = Field(default=90, ge=1, le=3_650)
    guest_answer_days: int = Field(default=30, ge=1, le=3_650)
    password_history: int = Field(default=10, ge=1, le=24)


def read_environment() -> Environment:
    """Read and check the environment.

    Raises `InvalidEnvironment` with one line per bad variable.
    """
    file = os.environ.get("KB_ENV_FILE", ".env")
    try:
        return Environment(_env_file=BASE_DIR / file if file else None)
    except ValidationError as error:
        problems = [f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise InvalidEnvironment("; ".join(problems)) from None


def split_commas(value: str) -> list[str]:
    """`"a,b"` as `["a", "b"]`; an empty setting is an empty list."""
    return value.split(",") if value else []
