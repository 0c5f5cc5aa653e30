"""Where data live and which keys to use: arguments first, then the environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

OPENROUTER_BASE_URL = "https://openrouter.ai/api/v1"


class Settings(BaseSettings):
    """Read once at the edge (a command, a client) and passed on; never read at import."""

    # An empty variable is how compose files and CI leave one unset.
    model_config = SettingsConfigDict(env_ignore_empty=True)

    home: Path = Field(default=Path("data"), validation_alias="INKLEDGER_HOME")
    openrouter_api_key: SecretStr | None = None
    openrouter_management_key: SecretStr | None = None
    openrouter_base_url: str = OPENROUTER_BASE_URL


class Home:
    """The folders under one `INKLEDGER_HOME`; nothing is created by naming them."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.spool = self.root / "spool"
        self.lake = self.root / "lake"
        self.build = self.root / ".build"
        self.build_warehouse = self.build / "warehouse.duckdb"
        self.warehouse = self.root / "warehouse.duckdb"
        self.demo = self.root / "demo"
