"""What a person may set, and where it came from: flag > environment > pwsync.toml > default.

Read by the doors and by wiring only; everything below gets values passed in. A misspelt key, in the
file or as `PWSYNC_…`, is an error.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from app.readable import Section, message
from app.sections import (
    Alert,
    Api,
    Archive,
    Backup,
    Batch,
    Browser,
    Images,
    Notify,
    Pace,
    Profile,
    Quality,
    Run,
    Site,
)

PREFIX = "PWSYNC_"
CONFIG_VARIABLE = "PWSYNC_CONFIG"
VERBOSE = "PWSYNC_VERBOSE"


class SettingsError(Exception):
    """A setting is wrong; the message says which, why, and where it can be changed."""


def default_data_dir() -> Path:
    """Where the database and the evidence live when nobody says otherwise (XDG)."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "pwsync"


class Log(Section):
    """`[log]`: what programs note of their work, as JSON lines."""

    folder: Annotated[Path | None, Field(examples=["/var/log/pwsync"])] = None
    """`logs` in the data folder if it is left out."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """This grave or graver; libraries are heard from `warning` up."""
    max_mb: Annotated[int, Field(ge=1, le=1024)] = 20
    """Of one file; then the next is begun."""
    keep: Annotated[int, Field(ge=0, le=100)] = 5
    """Full files of each role."""


class Settings(BaseSettings):
    """All settings of one command, checked."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    database_url: Annotated[
        str | None, Field(examples=["mysql+pymysql://USER@HOST/pwsync?charset=utf8mb4"])
    ] = None
    """MySQL or MariaDB; an SQLite file in the data folder if it is left out. Its password is a
    secret: better as PWSYNC_DATABASE_URL."""
    redis_url: Annotated[str | None, Field(examples=["redis://HOST:6379/0"])] = None
    """Where workers are rung; one process does the work itself if it is left out. Its password is a
    secret: better as PWSYNC_REDIS_URL."""
    data_dir: Path = Field(default_factory=default_data_dir)
    """Folder of the SQLite database, archive, pictures, cookies and tokens."""
    browser: Browser = Browser()
    site: Site = Site()
    pace: Pace = Pace()
    run: Run = Run()
    archive: Archive = Archive()
    images: Images = Images()
    log: Log = Log()
    backup: Backup = Backup()
    quality: Quality = Quality()
    api: Api = Api()
    notify: Notify = Notify()
    alert: tuple[Alert, ...] = ()
    profile: tuple[Profile, ...] = ()
    batch: tuple[Batch, ...] = ()

    @field_validator("batch", "alert")
    @classmethod
    def _names_are_unique(cls, declared: tuple[Any, ...], told: ValidationInfo) -> tuple[Any, ...]:
        names = [one.name for one in declared]
        if twice := next((name for name in names if names.count(name) > 1), None):
            kind = {"batch": "batches", "alert": "alerts"}[str(told.field_name)]
            raise ValueError(f"'{twice}', name: two {kind} have it")
        return declared

    @field_validator("profile")
    @classmethod
    def _profiles_are_unique(cls, profiles: tuple[Profile, ...]) -> tuple[Profile, ...]:
        names = ["guest", *(profile.name for profile in profiles)]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"'{twice}', name: two profiles have it (guest is always there)")
        return profiles

    @model_validator(mode="after")
    def _the_real_site_is_asked_gently(self) -> Self:
        if self.site.replica is None and (wrong := self.pace.too_hasty()):
            raise ValueError(f"pace.{wrong}")
        return self

    @property
    def database(self) -> str:
        """The database's URL; the embedded SQLite file unless another was named."""
        return self.database_url or f"sqlite:///{self.data_dir / 'pwsync.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        path = config_path()
        file = (TomlConfigSettingsSource(settings_cls, path),) if path else ()
        return (init_settings, env_settings, *file)


def config_path() -> Path | None:
    """The configuration file in force: $PWSYNC_CONFIG, ./pwsync.toml, ~/.config/pwsync/pwsync.toml.

    Raises SettingsError when $PWSYNC_CONFIG names no file.
    """
    if named := os.environ.get(CONFIG_VARIABLE):
        if not Path(named).is_file():
            raise SettingsError(f"{CONFIG_VARIABLE}={named}: there is no such file")
        return Path(named)
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    places = (Path("pwsync.toml"), home / "pwsync" / "pwsync.toml")
    return next((path for path in places if path.is_file()), None)


def load(flags: dict[str, Any] | None = None) -> Settings:
    """Settings with a command's flags on top; None values and empty sections are no flags.

    Raises SettingsError with one line for a person.
    """
    _refuse_unknown_variables()
    try:
        return Settings(**_given(flags or {}))
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from error
    except ValueError as error:  # TOML that does not parse
        raise SettingsError(f"{config_path()}: {error}") from error


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    given = {
        key: _given(value) if isinstance(value, dict) else value for key, value in flags.items()
    }
    return {key: value for key, value in given.items() if value is not None and value != {}}


def _refuse_unknown_variables() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {
        CONFIG_VARIABLE,
        VERBOSE,
    }
    for name in os.environ:
        if name.startswith(PREFIX) and name.split("__")[0] not in known:
            raise SettingsError(f"{name} is no setting; known: {', '.join(sorted(known))}")


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["loc"][:1] in (("batch",), ("alert",)):  # the message says which one and where in it
        kind = str(first["loc"][0])
        source = f"{PREFIX}{kind.upper()} or {config_path() or 'pwsync.toml'}"
        return f"{kind} {message(first)} ({source})"
    where = ".".join(str(part) for part in first["loc"])
    if not where:  # a rule over several sections names its own
        return f"setting {message(first)}"
    source = (
        f" (flag, {PREFIX}{where.upper().replace('.', '__')} or {config_path() or 'pwsync.toml'})"
    )
    return f"setting {where}: {message(first)}{source}"
