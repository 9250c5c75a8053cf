// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "development.h"
#include "directory_watch.h"
#include "present.h"

#include <palyra/app/run_examples.h>

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <memory>

namespace palyra::cli {
namespace {

// An editor that saves several files at once makes one build.
constexpr std::chrono::milliseconds kQuiet{150};

struct DevOptions {
  std::string directory;
  std::int64_t builds = 0;  // 0: until it is interrupted
};

volatile std::sig_atomic_t& interrupted_flag() {
  static volatile std::sig_atomic_t interrupted = 0;
  return interrupted;
}

// The first Ctrl-C ends the watch when the build is done, the second the program. Blocked but while we wait, so that
// none is missed between looking and waiting; programs that are started meanwhile get them all.
class Interrupts {
 public:
  Interrupts() {
    struct sigaction action{};
    action.sa_handler = [](int) { interrupted_flag() = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    static_cast<void>(::sigaction(SIGINT, &action, nullptr));
    static_cast<void>(::sigaction(SIGTERM, &action, nullptr));
    static_cast<void>(::sigemptyset(&blocked_));
    static_cast<void>(::sigaddset(&blocked_, SIGINT));
    static_cast<void>(::sigaddset(&blocked_, SIGTERM));
  }
  Result<Wakeup> wait(DirectoryWatch& watch, const DirectorySnapshot& seen) {
    sigset_t let_through;
    static_cast<void>(::pthread_sigmask(SIG_BLOCK, &blocked_, &let_through));
    auto woken = watch.wait(seen, kQuiet, interrupted_flag(), let_through);
    static_cast<void>(::pthread_sigmask(SIG_SETMASK, &let_through, nullptr));
    return woken;
  }

 private:
  sigset_t blocked_{};
};

// One round: build, load, examples. What is wrong with the skill is what the person wants to see, and no end.
class Round {
 public:
  explicit Round(Session& session) : session_(session) {}

  void run(const std::string& directory) {
    ++builds_;
    last_ = round(directory);
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

  Result<Outcome> round(const std::string& directory) {
    const app::Services& services = *PALYRA_TRY(session_.services());
    const app::DevelopmentSkill skill = PALYRA_TRY(open_development_skill(session_, directory));
    Outcome outcome{.skill_id = skill.manifest().identity.skill_id,
                    .examples = PALYRA_TRY(app::run_examples(services, skill.verification)),
                    .line = {}};
    outcome.line = fmt::format("{}: builds, {} examples: {}", outcome.skill_id, outcome.examples.results.size(),
                               app::to_text(outcome.examples.status()));
    return outcome;
  }

  Session& session_;
  std::int64_t builds_ = 0;
  Result<Outcome> last_ = fail(kUsage, "nothing was built");
};

Result<Report> dev(Session& session, const DevOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_directory(options.directory, error)) {
    return fail(kUsage, "'{}' is no directory", shown(options.directory));
  }
  DirectoryWatch watch = PALYRA_TRY(DirectoryWatch::open(options.directory));
  Interrupts interrupts;
  Round round(session);
  std::set<std::string> written;  // while the last round ran
  while (interrupted_flag() == 0) {
    const DirectorySnapshot before = take_snapshot(options.directory);
    round.run(options.directory);
    if (round.builds() == options.builds) return round.report();
    const DirectorySnapshot after = take_snapshot(options.directory);
    // Somebody saved while it was building; or the build itself writes there, which it will do again.
    std::set<std::string> now_written = changed_paths(before, after);
    std::erase_if(now_written, [](const std::string& path) { return path.ends_with(".wasm"); });
    const bool saved = !now_written.empty() && now_written != written;
    written = std::move(now_written);
    if (saved) continue;
    session.output().note("waiting for a change; Ctrl-C ends it");
    if (PALYRA_TRY(interrupts.wait(watch, after)) == Wakeup::kInterrupted) break;
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
                            "Ctrl-C ends it.\n"});
  const auto options = std::make_shared<DevOptions>();
  command->add_option("DIR", options->directory, "the skill's directory")->required();
  command->add_option("--builds", options->builds, "end after so many")->group("");
  set_action(command, dispatch, [options](Session& session) { return dev(session, *options); });
}

}  // namespace palyra::cli
