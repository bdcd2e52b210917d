"""Shops that several tests share. Each is built once a session; a test that changes one copies it first."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .user_project import UserProject, new_shop


@pytest.fixture(scope="session")
def built_shop(tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """A shop after its first build: no model yet."""
    project = new_shop(tmp_path_factory.mktemp("built"))
    project.build()
    return project


@pytest.fixture(scope="session")
def trained_shop(built_shop: UserProject, tmp_path_factory: pytest.TempPathFactory) -> UserProject:
    """A shop with a champion that has scored everything."""
    folder = tmp_path_factory.mktemp("trained")
    project = copied(built_shop, folder)
    project.demand("train", "--epochs", "3", "--promote")
    project.build()
    return project


@pytest.fixture(scope="session")
def published(trained_shop: UserProject) -> Path:
    """What `demand publish` wrote of the trained shop, in its folder."""
    trained_shop.demand("publish")
    return trained_shop.folder / "published"


@pytest.fixture(scope="module")
def all_logs() -> Iterator[None]:
    """dbt writes its log of everything, as it does by itself."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DBT_LOG_LEVEL_FILE", "debug")
        yield


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[UserProject], UserProject]:
    """A copy of a shop to change at will."""
    return lambda project: copied(project, tmp_path / "copy")


def copied(project: UserProject, folder: Path) -> UserProject:
    shutil.copytree(project.folder, folder, symlinks=True, dirs_exist_ok=True)
    return UserProject(folder, dict(project.settings)).write()
