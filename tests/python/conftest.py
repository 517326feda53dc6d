"""Options of the Python tests."""


def pytest_addoption(parser):
    parser.addoption(
        "--examples", type=int, default=20, help="examples a function in the differential tests"
    )
