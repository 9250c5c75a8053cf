// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "development.h"
#include "directory_watch.h"
#include "present.h"

#include <palyra/app/run_examples.h>
#include <palyra/base/file.h>
#include <palyra/base/unique_fd.h>

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <poll.h>
#include <sys/eventfd.h>

namespace palyra::cli {
namespace {

// An editor that saves several files at once makes one build.
constexpr std::chrono::milliseconds kQuiet{150};

struct DevOptions {
  std::string directory;
  std::int64_t builds = 0;  // 0: until it is interrupted
  app::DevelopmentPlaces places;
};

// Of the handler, which can hold nothing of its own.
volatile std::sig_atomic_t& interruption_descriptor() {
  static volatile std::sig_atomic_t descriptor = -1;
  return descriptor;
}

// The first Ctrl-C ends the watch when the build is done, the second the program.
class Interrupts {
 public:
  static Result<Interrupts> open() {
    UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (event.get() < 0) return fail(kFileFailed, "no descriptor for signals is left");
    return Interrupts(std::move(event));
  }
  // Readable when there was one.
  [[nodiscard]] int descriptor() const { return event_.get(); }
  [[nodiscard]] bool happened() const {
    pollfd waited{.fd = event_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&waited, 1, 0) > 0;
  }

 private:
  explicit Interrupts(UniqueFd event) : event_(std::move(event)) {
    interruption_descriptor() = event_.get();
    struct sigaction action{};
    action.sa_handler = [](int) { static_cast<void>(::eventfd_write(interruption_descriptor(), 1)); };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    static_cast<void>(::sigaction(SIGINT, &action, nullptr));
    static_cast<void>(::sigaction(SIGTERM, &action, nullptr));
  }

  UniqueFd event_;
};

// One round: build, load, examples. What is wrong with the skill is what the person wants to see, and no end.
class Round {
 public:
  Round(Session& session, const DevOptions& options) : session_(session), options_(options) {}

  void run() {
    ++builds_;
    last_ = round();
    if (last_) {
      session_.output().say(examples_text(last_->examples) + last_->line + "\n");
    } else {
      session_.output().complain(failure_of(last_.error()));
    }
  }

  [[nodiscard]] std::int64_t builds() const { return builds_; }

  // Of the last round, as of all commands: its error is the program's.
  Report report() const {
    Report report;
    report.result = Json::Object{{"builds", builds_}};
    if (!last_) {
      report.failure = failure_of(last_.error());
      return report;
    }
    report.result.set("skill_id", last_->skill_id);
    report.result.set("examples", examples_json(last_->examples));
    auto checked = app::check_examples(last_->examples);
    if (!checked) report.failure = failure_of(std::move(checked).error());
    return report;
  }

 private:
  struct Outcome {
    std::string skill_id;
    app::ExampleReport examples;
    std::string line;
  };

  Result<Outcome> round() {
    const app::Services& services = *PALYRA_TRY(session_.services());
    const app::DevelopmentSkill skill = PALYRA_TRY(open_development_skill(session_, options_.directory));
    const app::DevelopmentGrants grants =
        PALYRA_TRY(app::grant_for_development(services, skill.manifest().capabilities, options_.places));
    Outcome outcome{
        .skill_id = skill.manifest().identity.skill_id,
        .examples = PALYRA_TRY(app::run_examples(services, skill.verification, app::kExamplesTime, &grants)),
        .line = {}};
    outcome.line = fmt::format("{}: builds, {} examples: {}", outcome.skill_id, outcome.examples.results.size(),
                               app::to_text(outcome.examples.status()));
    return outcome;
  }

  Session& session_;
  const DevOptions& options_;
  std::int64_t builds_ = 0;
  Result<Outcome> last_ = fail(kUsage, "nothing was built");
};

Result<Report> dev(Session& session, const DevOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_directory(options.directory, error)) {
    return fail(kUsage, "'{}' is no directory", shown(options.directory));
  }
  DirectoryWatch watch = PALYRA_TRY(DirectoryWatch::open(options.directory));
  const Interrupts interrupts = PALYRA_TRY(Interrupts::open());
  Round round(session, options);
  std::set<std::string> written;  // while the last round ran
  while (!interrupts.happened()) {
    const DirectorySnapshot before = take_snapshot(options.directory);
    round.run();
    if (round.builds() == options.builds) return round.report();
    const DirectorySnapshot after = take_snapshot(options.directory);
    // Somebody saved while it was building; or the build itself writes there, which it will do again.
    std::set<std::string> now_written = changed_paths(before, after);
    std::erase_if(now_written, [](const std::string& path) { return path.ends_with(".wasm"); });
    const bool saved = !now_written.empty() && now_written != written;
    written = std::move(now_written);
    if (saved) continue;
    session.output().note("waiting for a change; Ctrl-C ends it");
    if (PALYRA_TRY(watch.wait(after, kQuiet, interrupts.descriptor())) == Wakeup::kInterrupted) break;
  }
  // Being interrupted is how it ends.
  Report report = round.report();
  report.failure.reset();
  return report;
}

}  // namespace

void add_dev_command(CLI::App& program, Dispatch& dispatch) {
  CLI::App* command = add_command(
      program, {.name = "dev",
                .about = "Watch a skill that is being written: build it and run its examples after each change",
                .examples = "Examples:\n"
                            "  palyra dev hello\n"
                            "  palyra dev log-grep --map-root logs=/var/log:ro\n"
                            "Ctrl-C ends it.\n"});
  const auto options = std::make_shared<DevOptions>();
  command->add_option("DIR", options->directory, "the skill's directory")->required();
  add_places(command, {.map_root = options->places.map_root, .allow_address = options->places.allow_address});
  command->add_option("--builds", options->builds, "end after so many")->group("");
  set_action(command, dispatch, [options](Session& session) { return dev(session, *options); });
}

}  // namespace palyra::cli
