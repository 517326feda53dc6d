#pragma once

namespace lazulite {

/// How many threads the kernels of a CPU may use. At the start: the environment variable
/// LAZULITE_NUM_THREADS, from 1 to 1024, else as many as the process's affinity and its control
/// group's quota allow. Throws a ValueError where the variable is anything else.
int num_threads();
/// Sets it; 0 goes back to what it was at the start. Throws if it is negative or above 1024. Takes
/// effect at the next evaluation.
void set_num_threads(int count);

/// OpenMP's threads that spin for long while they wait take the processor from whoever has work, so
/// that a busy neighbour makes each parallel loop wait for a scheduler's slice; those that sleep at
/// once make each loop of a small network wait to be woken. libgomp reads from the environment how
/// long they spin when it is loaded, with the first backend that uses it: while this lives, the
/// environment tells it 2,000 times, unless the user has chosen. Afterwards it is as it was.
class BriefSpinning {
 public:
  BriefSpinning();
  ~BriefSpinning();
  BriefSpinning(const BriefSpinning&) = delete;
  BriefSpinning& operator=(const BriefSpinning&) = delete;

 private:
  char** previous_ = nullptr;
  char** own_ = nullptr;
};

/// Makes the calling thread the kind of thread on which kernels spread over several threads. On all
/// others they run serially: OpenMP keeps a team of threads for each thread that ever asks for one,
/// so only the thread that runs plans should.
void become_executor_thread();
bool on_executor_thread();

}  // namespace lazulite
