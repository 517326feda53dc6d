// Values under every setting of OpenMP that changes how many threads there are, and what the
// library does to the environment. The settings are read when a process starts: each is a child.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "lazulite/lazulite.h"

namespace lazulite {
namespace {

void expect_all(const Array& x, double value) {
  EXPECT_EQ(min(x).item<double>(), value);
  EXPECT_EQ(max(x).item<double>(), value);
}

Arrays network_step(const Arrays& in) {
  const auto loss = [](const Arrays& in) {
    const Array pooled = max_pool2d(nn::relu(conv2d(in[0], in[1], 1, 2) + in[2]), 2);
    const Array features = reshape(pooled, {pooled.shape(0), -1});
    return Arrays{mean(square(matmul(features, in[3])))};
  };
  auto [values, gradients] = value_and_grad(loss, {0, 1, 2, 3})(in);
  gradients.push_back(values[0]);
  eval(gradients);
  return gradients;
}

// The child's part; right in any process.
TEST(OpenMPSettings, ValuesAreRight) {
  expect_all(matmul(ones({256, 300}), ones({300, 200})), 300);
  expect_all(matmul(ones({4, 90, 300}), ones({4, 300, 70})), 300);
  const Array half = ones({200, 300}, Dtype::bfloat16);
  expect_all(matmul(half, transpose(half)), 300);
  expect_all(conv2d(ones({8, 28, 28, 16}), ones({32, 3, 3, 16}), 1, 0), 144);
  const Array x = ones({8, 28, 28, 16}), w = ones({32, 3, 3, 16});
  const auto sum_of_conv = [](const Arrays& in) { return Arrays{sum(conv2d(in[0], in[1], 1, 0))}; };
  const Arrays gradients = grad(sum_of_conv, {0, 1})({x, w});
  expect_all(gradients[1], 8 * 26 * 26);
  expect_all(slice(gradients[0], {0, 2, 2, 0}, {8, 26, 26, 16}), 9 * 32);
  expect_all(sum(ones({1000, 2000}), 0), 1000);
  expect_all(softmax(ones({2000, 512}), -1), 1.0 / 512);

  random::seed(3);
  const Arrays in{random::normal({17, 14, 14, 4}).eval(), random::normal({20, 5, 5, 4}).eval(),
                  random::normal({20}).eval(), random::normal({980, 100}).eval()};
  const Arrays found = network_step(in);
  const DeviceScope scope(Device("reference"));
  const Arrays expected = network_step(in);
  for (size_t i = 0; i < found.size(); ++i) {
    const double scale = max(abs(expected[i])).item<double>();
    EXPECT_LE(max(abs(found[i] - expected[i])).item<double>(), 1e-4 * scale) << "array " << i;
  }
}

struct Setting {
  std::vector<std::pair<const char*, const char*>> variables;
  bool one_core = false;
};

// The exit status of this program's test `name` as a child with the setting.
int run_child(const std::string& name, const Setting& setting) {
  const pid_t child = fork();
  if (child == 0) {
    for (const auto& [variable, value] : setting.variables) setenv(variable, value, 1);
    if (setting.one_core) {
      cpu_set_t all, one;
      CPU_ZERO(&one);
      sched_getaffinity(0, sizeof(all), &all);
      for (int core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core) {
        if (CPU_ISSET(core, &all)) CPU_SET(core, &one);
      }
      sched_setaffinity(0, sizeof(one), &one);
    }
    alarm(200);  // instead of waiting for ever
    const std::string filter = "--gtest_filter=" + name;
    execl("/proc/self/exe", "program_tests", filter.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class InAChild : public testing::TestWithParam<Setting> {};

TEST_P(InAChild, ValuesAreRight) {
  EXPECT_EQ(run_child("OpenMPSettings.ValuesAreRight", GetParam()), 0);
}

INSTANTIATE_TEST_SUITE_P(
    OpenMPSettings, InAChild,
    testing::Values(Setting{{{"OMP_THREAD_LIMIT", "1"}}},
                    Setting{{{"OMP_THREAD_LIMIT", "2"}, {"LAZULITE_NUM_THREADS", "5"}}},
                    Setting{{{"OMP_DYNAMIC", "true"}}},
                    Setting{{{"OMP_DYNAMIC", "true"}, {"LAZULITE_NUM_THREADS", "6"}}},
                    Setting{{{"OMP_MAX_ACTIVE_LEVELS", "0"}}},
                    Setting{{{"OMP_MAX_ACTIVE_LEVELS", "0"}, {"LAZULITE_NUM_THREADS", "3"}}},
                    Setting{{{"OMP_NUM_THREADS", "1"}}}, Setting{{{"OMP_NUM_THREADS", "64"}}},
                    Setting{{{"LAZULITE_NUM_THREADS", "7"}}},
                    Setting{{{"LAZULITE_NUM_THREADS", "1"}, {"OMP_NUM_THREADS", "4"}}},
                    Setting{{{"OMP_NESTED", "true"}, {"OMP_PROC_BIND", "close"}}},
                    Setting{{{"OMP_WAIT_POLICY", "passive"}}},
                    Setting{{{"OMP_WAIT_POLICY", "active"}}}, Setting{{}, true},
                    Setting{{{"LAZULITE_NUM_THREADS", "4"}}, true}));

std::string output_of(const char* command) {
  std::string text;
  FILE* pipe = popen(command, "r");
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) text += static_cast<char>(c);
  pclose(pipe);
  return text;
}

// Both parts of a child: it starts without the variable, or with the user's.
TEST(OpenMPSettings, TheEnvironmentStaysAsItWas) {
  const char* before = std::getenv("GOMP_SPINCOUNT");
  const std::string own = before ? before : "";
  const std::string children = output_of("env | sort");
  expect_all(matmul(ones({256, 300}), ones({300, 200})), 300);
  expect_all(sum(ones({1000, 2000}), 0), 1000);
  const char* after = std::getenv("GOMP_SPINCOUNT");
  EXPECT_EQ(before == nullptr, after == nullptr);
  EXPECT_EQ(own, after ? after : "");
  EXPECT_EQ(output_of("env | sort"), children);
  setenv("LAZULITE_TEST_VARIABLE", "1", 1);
  EXPECT_STREQ(std::getenv("LAZULITE_TEST_VARIABLE"), "1");
  unsetenv("LAZULITE_TEST_VARIABLE");
}

TEST(OpenMPSettings, AFreshProcessLeavesTheEnvironment) {
  const std::string name = "OpenMPSettings.TheEnvironmentStaysAsItWas";
  EXPECT_EQ(run_child(name, {}), 0);
  EXPECT_EQ(run_child(name, {{{"GOMP_SPINCOUNT", "77"}}}), 0);
  EXPECT_EQ(run_child(name, {{{"OMP_WAIT_POLICY", "passive"}}}), 0);
}

}  // namespace
}  // namespace lazulite
