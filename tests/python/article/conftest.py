import article_run
import pytest


@pytest.fixture(scope="session")
def planted(tmp_path_factory):
    return article_run.plant(tmp_path_factory.mktemp("images") / "planted")


@pytest.fixture(scope="session")
def finished(planted, tmp_path_factory):
    """The folder of a run that went through, with all that it measures."""
    output = tmp_path_factory.mktemp("article") / "report"
    done = article_run.run(planted, output, "--lr", "0.01", "--seeds", "2", "--epochs", "4")
    assert done.returncode == 0, done.stdout + done.stderr
    return output
