"""Groups of processes: there is one of one process."""

import pytest

import lazulite.core as lz


@pytest.mark.parametrize("backend", ["any", "ring", "mpi", "nccl", "jaccl"])
def test_there_is_no_backend_between_processes(backend):
    assert lz.distributed.is_available(backend) is False
    group = lz.distributed.init(backend=backend)
    assert (group.rank(), group.size()) == (0, 1)
    assert lz.distributed.all_sum(lz.array([1, 2]), group=group).tolist() == [1, 2]
