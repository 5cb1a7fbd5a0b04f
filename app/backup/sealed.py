"""Cookies and tokens in a backup: one file that says nothing without the passphrase.

Whoever has them is logged in, and a backup lies where others may read it. scrypt makes the key of
the passphrase, Fernet keeps secret what is sealed and refuses it when it was changed.
"""

import base64
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.backup.values import BackupError

FILE = "sealed.json"
NAMES = re.compile(r"profiles/[a-z0-9][a-z0-9._-]{0,31}\.json|api-tokens\.json")
"""Paths within the data folder that are sealed, and the only ones that are ever written again."""
COST = {"n": 2**15, "r": 8, "p": 1}
"""Of scrypt: 32 MB and a tenth of a second a passphrase."""
COSTLIEST = {"n": 2**20, "r": 32, "p": 16}
"""A file that asks for more is not ours."""
LARGEST = 4 << 20
"""Bytes of one file, as the jar has it."""
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def secrets_of(home: Path) -> dict[str, bytes]:
    """What there is to seal in a data folder, by path within it. Raises OSError."""
    return {name: _content(home / name) for name in names_of(home)}


def names_of(home: Path) -> list[str]:
    """Paths of what there is to seal; nothing is opened."""
    found = (*sorted(home.glob("profiles/*.json")), home / "api-tokens.json")
    told = (path.relative_to(home).as_posix() for path in found if path.is_file())
    return [name for name in told if NAMES.fullmatch(name)]


def _content(path: Path) -> bytes:
    with os.fdopen(os.open(path, _READ), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise BackupError(f"{path} is no file")
        return file.read(LARGEST)


def seal(contents: Mapping[str, bytes], passphrase: str) -> bytes:
    """The contents as a file for a backup."""
    salt = secrets.token_bytes(16)
    plain = orjson.dumps({name: base64.b64encode(it).decode() for name, it in contents.items()})
    told = {"kdf": "scrypt", "salt": base64.b64encode(salt).decode(), **COST}
    closed = Fernet(_key(passphrase, salt, **COST)).encrypt(plain)
    return orjson.dumps({**told, "sealed": closed.decode()})


def unseal(path: Path, passphrase: str) -> dict[str, bytes]:
    """The contents of a backup's file. Raises BackupError for another passphrase or content."""
    try:
        told = orjson.loads(path.read_bytes())
        cost = {name: int(told[name]) for name in COST}
        if told["kdf"] != "scrypt" or any(cost[name] > COSTLIEST[name] for name in cost):
            raise BackupError(f"{path} was sealed in a way this pwsync does not know")
        key = _key(passphrase, base64.b64decode(told["salt"]), **cost)
        found = orjson.loads(Fernet(key).decrypt(told["sealed"]))
        contents = {name: base64.b64decode(it) for name, it in found.items()}
    except InvalidToken:
        raise BackupError(f"{path} does not open with this key; it was made with another") from None
    except (OSError, ValueError, LookupError, TypeError, UnsupportedAlgorithm) as error:
        raise BackupError(f"{path} cannot be read: {type(error).__name__}") from error
    if strange := next((name for name in contents if not NAMES.fullmatch(name)), None):
        raise BackupError(f"{path} holds {strange!r}, which is neither a profile nor tokens")
    return contents


def _key(passphrase: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    made = Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode())
    return base64.urlsafe_b64encode(made)


def in_the_way(contents: Mapping[str, bytes], home: Path) -> Iterator[str]:
    """Paths that a data folder has already, with other contents."""
    for name, content in contents.items():
        if os.path.lexists(home / name) and _content(home / name) != content:
            yield name


def put_back(contents: Mapping[str, bytes], home: Path) -> None:
    """Write what was sealed, for its owner alone; what is there stays. Raises OSError."""
    for name, content in contents.items():
        place = home / name
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.path.lexists(place):
            with os.fdopen(os.open(place, _NEW, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
