// One gnuplot a figure, spawned directly, what it writes in files without names so that nothing can block.
#include "gnuplot_stream.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <gnuplot-iostream.h>

extern "C" char **environ;

namespace {

int scratch_file() { return memfd_create("dls-plot", MFD_CLOEXEC); }

char *contents(int file, size_t *size) {
  off_t length = lseek(file, 0, SEEK_END);
  if (length < 0) length = 0;
  char *text = static_cast<char *>(malloc(static_cast<size_t>(length) + 1));
  if (!text) return nullptr;
  size_t done = 0;
  while (done < static_cast<size_t>(length)) {
    ssize_t n = pread(file, text + done, static_cast<size_t>(length) - done, static_cast<off_t>(done));
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  text[done] = 0;
  if (size) *size = done;
  return text;
}

double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

}  // namespace

dls_gnuplot_result dls_gnuplot_run(const char *script, size_t size, int32_t stays, double seconds,
                                   const volatile int32_t *stop) {
  dls_gnuplot_result result = {-1, nullptr, 0, nullptr};
  int input[2];
  if (pipe2(input, O_CLOEXEC) != 0) {
    result.errors = strdup("no pipe to gnuplot can be opened");
    return result;
  }
  int output = scratch_file(), errors = scratch_file();
  if (output < 0 || errors < 0) {
    for (int file : {input[0], input[1], output, errors}) {
      if (file >= 0) close(file);
    }
    result.errors = strdup("no room for what gnuplot writes");
    return result;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, errors, 2);
  // -d: no start-up files, which could set what a script does not expect.
  const char *arguments[] = {"gnuplot", "-d", stays ? "-persist" : nullptr, nullptr};
  pid_t child = 0;
  int failed = posix_spawnp(&child, "gnuplot", &actions, nullptr, const_cast<char **>(arguments), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(input[0]);
  if (failed != 0) {
    close(input[1]);
    close(output);
    close(errors);
    result.errors = strdup("gnuplot cannot be started: is it installed?");
    return result;
  }
  {
    // gnuplot-iostream writes and closes the pipe.
    std::FILE *file = fdopen(input[1], "w");
    gnuplotio::Gnuplot stream(file);
    stream.write(script, static_cast<std::streamsize>(size));
    stream.flush();
  }
  double end = now() + seconds;
  int status = 0;
  for (;;) {
    pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child || ended < 0) break;
    if (now() > end || (stop && *stop)) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
    usleep(1000);
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.output = contents(output, &result.output_size);
  result.errors = contents(errors, nullptr);
  close(output);
  close(errors);
  return result;
}

int32_t dls_gnuplot_exists(void) {
  const char *path = getenv("PATH");
  std::string rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
  size_t at = 0;
  while (at <= rest.size()) {
    size_t end = rest.find(':', at);
    if (end == std::string::npos) end = rest.size();
    std::string name = rest.substr(at, end - at) + "/gnuplot";
    if (access(name.c_str(), X_OK) == 0) return 1;
    at = end + 1;
  }
  return 0;
}

void dls_gnuplot_free(dls_gnuplot_result result) {
  free(result.output);
  free(result.errors);
}
