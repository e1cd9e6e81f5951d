// The two sides of a compilation in a process of its own.
#include "limbeck/Session/Worker.h"
#include "WorkerProtocol.h"
#include "limbeck/Support/Interrupt.h"
#include "llvm/Support/ErrorHandling.h"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace limbeck::session {

namespace {
/// What stands before the reason of an error that LLVM calls fatal.
constexpr std::string_view kFatalMark = "LLVM ERROR: ";

/// Closes on every path out.
class Descriptor {
public:
  explicit Descriptor(int number = -1) : number(number) {}
  Descriptor(Descriptor &&other) noexcept : number(std::exchange(other.number, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept {
    std::swap(number, other.number);
    return *this;
  }
  ~Descriptor() {
    if (number >= 0)
      ::close(number);
  }
  int get() const { return number; }
  bool valid() const { return number >= 0; }
  void close() { *this = Descriptor(); }

private:
  int number;
};

struct Pipe {
  Descriptor read, write;
};

/// The worker's folder for temporary files, its linker's included: however the worker ends, it vanishes with this.
class ScratchFolder {
public:
  ScratchFolder() {
    std::error_code failure;
    std::string pattern = std::filesystem::temp_directory_path(failure) / "limbeck-XXXXXX";
    if (!failure && ::mkdtemp(pattern.data()))
      path = pattern;
  }
  ~ScratchFolder() {
    std::error_code failure;
    // A linker that outlived the worker for a moment may still write.
    for (int attempt = 0; attempt < 3 && !path.empty(); ++attempt) {
      std::filesystem::remove_all(path, failure);
      if (!failure)
        return;
    }
  }
  ScratchFolder(const ScratchFolder &) = delete;
  ScratchFolder &operator=(const ScratchFolder &) = delete;
  const std::string &get() const { return path; }

private:
  HoldInterrupt hold; // goes last
  std::string path;
};

/// A started worker and our ends of its streams.
struct Child {
  pid_t process = -1;
  Descriptor request, progress, errors, response;
};
} // namespace

static Diagnostic systemFailure(std::string_view action) {
  return error(Code::Run, "cannot ", action, " for the compiler's process: ", std::strerror(errno));
}

static Expected<Pipe> makePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return systemFailure("make a pipe");
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

static bool writeFully(int file, const void *data, size_t size) {
  const char *at = static_cast<const char *>(data);
  while (size > 0) {
    ssize_t count = ::write(file, at, size);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return false;
    at += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

/// Everything up to the end of a stream or file.
static std::vector<std::byte> readFully(int file) {
  std::vector<std::byte> content;
  std::byte block[65536];
  for (ssize_t count; (count = ::read(file, block, sizeof block)) != 0;) {
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      break;
    content.insert(content.end(), block, block + count);
  }
  return content;
}

static void limit(int resource, uint64_t value) {
  rlimit bound{value, value};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &bound);
}

/// Only calls that are safe between fork and exec.
[[noreturn]] static void becomeWorker(int request, int progress, int errors, int response,
                                      const WorkerLimits &limits, pid_t parent, char **environment) {
  // A group of its own: Ctrl-C is for the parent, which ends the group, linker included.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(kFatalExit);
  // First out of the way of the numbers they are to have, then there.
  int numbers[] = {request, progress, errors, response};
  for (int &number : numbers)
    number = ::fcntl(number, F_DUPFD_CLOEXEC, 16);
  for (int place = 0; place < 4; ++place)
    ::dup2(numbers[place], place);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_AS, limits.memoryBytes);
  limit(RLIMIT_CPU, 4 * limits.seconds);
  limit(RLIMIT_FSIZE, limits.memoryBytes);
  const char *arguments[] = {"limbeck", kWorkerCommand, nullptr};
  ::execve("/proc/self/exe", const_cast<char **>(arguments), environment);
  ::_exit(kFatalExit);
}

/// The environment of this process with another folder for temporary files.
static std::vector<std::string> environmentWith(const std::string &folder) {
  std::vector<std::string> variables = {"TMPDIR=" + folder};
  for (char **variable = ::environ; *variable; ++variable)
    if (!std::string_view(*variable).starts_with("TMPDIR="))
      variables.emplace_back(*variable);
  return variables;
}

static Expected<Child> start(const WorkerLimits &limits, const std::string &folder) {
  std::vector<std::string> variables = environmentWith(folder);
  std::vector<char *> environment;
  for (std::string &variable : variables)
    environment.push_back(variable.data());
  environment.push_back(nullptr);
  LIMBECK_ASSIGN(Pipe request, makePipe());
  LIMBECK_ASSIGN(Pipe progress, makePipe());
  LIMBECK_ASSIGN(Pipe errors, makePipe());
  Child child;
  child.response = Descriptor(::memfd_create("limbeck-response", MFD_CLOEXEC));
  if (!child.response.valid())
    return systemFailure("make a memory file");
  pid_t self = ::getpid();
  child.process = ::fork();
  if (child.process < 0)
    return systemFailure("fork");
  if (child.process == 0)
    becomeWorker(request.read.get(), progress.write.get(), errors.write.get(), child.response.get(), limits,
                 self, environment.data());
  ::setpgid(child.process, child.process); // whichever of both is first
  child.request = std::move(request.write);
  child.progress = std::move(progress.read);
  child.errors = std::move(errors.read);
  return child;
}

/// Follows both streams until the worker closes them; false when time ran out or the program is about to end.
static bool follow(const Child &child, uint64_t seconds, const Progress &progress, Whereabouts &whereabouts,
                   std::string &errors) {
  constexpr size_t kMostErrors = 65536;
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  pollfd streams[] = {{child.progress.get(), POLLIN, 0}, {child.errors.get(), POLLIN, 0}};
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
            .count();
    if (left <= 0 || interruptPending())
      return false;
    if (::poll(streams, 2, static_cast<int>(std::min<int64_t>(left, 1000))) < 0) {
      if (errno != EINTR)
        return false;
      continue;
    }
    for (pollfd &stream : streams) {
      if (stream.fd < 0 || stream.revents == 0)
        continue;
      char block[4096];
      ssize_t count = ::read(stream.fd, block, sizeof block);
      if (count > 0 && stream.fd == child.errors.get())
        errors.append(block, static_cast<size_t>(count));
      else if (count > 0)
        whereabouts.read({block, static_cast<size_t>(count)}, progress);
      else if (count == 0 || errno != EINTR)
        stream.fd = -1;
    }
    if (errors.size() > kMostErrors)
      errors.erase(0, errors.size() - kMostErrors);
  }
  return true;
}

/// Why LLVM or we gave up, without the marks; the rest of a crash report is for those who mend the compiler.
static std::string essence(const std::string &errors) {
  for (std::string_view mark : {kFatalMark, std::string_view("error: [E-INTERNAL] ")})
    if (size_t begin = errors.find(mark); begin != std::string::npos)
      return errors.substr(begin + mark.size(), errors.find('\n', begin) - begin - mark.size());
  return "";
}

/// Whether the last words are those of somebody who gets no more memory: the loader, LLVM, the C++ library, or we.
static bool lackedMemory(const std::string &errors) {
  static constexpr std::string_view kWords[] = {"error while loading shared libraries",
                                                "failed to map segment",
                                                "out of memory",
                                                "bad_alloc",
                                                "no memory left",
                                                "annot allocate memory"};
  return std::ranges::any_of(kWords,
                             [&](std::string_view words) { return errors.find(words) != std::string::npos; });
}

static Diagnostic death(const CompileOptions &options, const WorkerLimits &limits, int status, bool inTime,
                        const std::string &errors, const Whereabouts &whereabouts) {
  auto at = [&](Diagnostic diagnostic) {
    return diagnostic.atFile(options.model.path).atNode(whereabouts.nodes());
  };
  auto more = [&](std::string flag) {
    return limits.byFlags ? flag : "--no-worker compiles in this process, without limits";
  };
  int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (!inTime || signal == SIGXCPU)
    return at(error(Code::LimitTime, "the compiler took more than ",
                    inTime ? message(4 * limits.seconds, " seconds of processor time")
                           : message(limits.seconds, " seconds"),
                    " and was stopped", whereabouts.text())
                  .withHint(more("--time-limit gives it more")));
  if (lackedMemory(errors))
    return at(error(Code::LimitMemory, "the compiler needed more than ", limits.memoryBytes >> 20,
                    " MiB of address space", whereabouts.text())
                  .withHint(more("--memory-limit gives it more, as far as the system does")));
  if (errors.find(std::generic_category().message(EFBIG)) != std::string::npos)
    return at(
        error(Code::File, "the compiler could not write a file as large as it needs", whereabouts.text())
            .withHint("the system has a limit on the size of files: ulimit -f"));
  if (signal == SIGKILL)
    return at(error(Code::Run, "the compiler's process was killed from outside", whereabouts.text())
                  .withHint("a limit of the system on memory or processor time does that"));
  std::string reason = essence(errors);
  std::string how = signal ? message("died of signal ", signal, " (", ::strsignal(signal), ")") : "gave up";
  std::string reproduce = options.keepDirectory.empty()
                              ? "--keep DIR leaves the IR of every kernel, --no-worker shows more"
                              : message(options.keepDirectory, "/KERNEL.before.ll reproduces it");
  return at(error(Code::Internal, "the compiler's process ", how, whereabouts.text(),
                  reason.empty() ? "" : ": " + reason)
                .withHint("this is a defect of the compiler: please report it with the model; " + reproduce));
}

Expected<std::vector<std::byte>> compileInWorker(const CompileOptions &options, const WorkerLimits &limits,
                                                 const Progress &progress) {
  ScratchFolder folder;
  LIMBECK_ASSIGN(Child child, start(limits, folder.get()));
  // A worker that died already is noticed below; the broken pipe must not be our end.
  auto former = ::signal(SIGPIPE, SIG_IGN);
  std::string request = encodeRequest(options);
  (void)writeFully(child.request.get(), request.data(), request.size());
  child.request.close();
  ::signal(SIGPIPE, former);
  std::string errors;
  Whereabouts whereabouts;
  bool inTime = follow(child, limits.seconds, progress, whereabouts, errors);
  if (!inTime)
    ::kill(-child.process, SIGKILL);
  int status = 0;
  while (::waitpid(child.process, &status, 0) < 0 && errno == EINTR)
    continue;
  if (!inTime || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return death(options, limits, status, inTime, errors, whereabouts);
  ::lseek(child.response.get(), 0, SEEK_SET);
  return decodeResponse(readFully(child.response.get()));
}

int runWorker() {
  llvm::install_fatal_error_handler([](void *, const char *reason, bool) {
    std::string line = message(kFatalMark, reason, "\n");
    (void)writeFully(STDERR_FILENO, line.data(), line.size());
    ::_exit(kFatalExit);
  });
  std::vector<std::byte> request = readFully(STDIN_FILENO);
  Expected<CompileOptions> options =
      decodeRequest({reinterpret_cast<const char *>(request.data()), request.size()});
  if (!options.ok() || ::fcntl(kResponseFile, F_GETFD) < 0)
    return exitCode(Code::Flag);
  auto say = [](const std::string &line) { (void)writeFully(STDOUT_FILENO, line.data(), line.size()); };
  auto progress = [&](std::string_view what, size_t done, size_t total) {
    say(Whereabouts::progressLine(what, done, total));
  };
  auto watch = [&](std::string_view kernel, const std::vector<std::string> &nodes, bool begins) {
    say(Whereabouts::kernelLine(kernel, nodes, begins));
  };
  std::vector<std::byte> response = encodeResponse(compile(*options, progress, watch));
  if (writeFully(kResponseFile, response.data(), response.size()))
    return 0;
  std::string line = message(kFatalMark, std::generic_category().message(errno), "\n");
  (void)writeFully(STDERR_FILENO, line.data(), line.size());
  return kFatalExit;
}

Expected<PlanReport> planReport(const SourceModel &source, const std::string &target, bool worker,
                                const WorkerLimits &limits) {
  CompileOptions options;
  options.model = source;
  options.target = target;
  options.product = Product::Plan;
  LIMBECK_ASSIGN(std::vector<std::byte> bytes, worker ? compileInWorker(options, limits) : compile(options));
  return decodeReport(bytes);
}

} // namespace limbeck::session
