#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "cli/commands.hpp"
#include "fleet/fleet.hpp"

namespace reef::cli {

namespace {

struct Arguments {
    AppArguments app;
    std::string data;
    std::string stack;
    std::string log_level;
    bool fresh = false;
    bool background = false;
};

// The fleet goes on in a process of its own; this one returns when it serves, or has failed.
int run_in_background(const config::App& app, const fleet::FleetOptions& options) {
    int ready[2];
    if (pipe(ready) != 0) return failed;
    const pid_t pid = fork();
    if (pid < 0) return failed;
    if (pid == 0) {
        setsid();
        close(ready[0]);
        setenv("ATOLL_READY_FD", std::to_string(ready[1]).c_str(), 1);
        fcntl(ready[1], F_SETFD, FD_CLOEXEC);
        const int nothing = open("/dev/null", O_RDWR);
        dup2(nothing, STDIN_FILENO);
        _exit(fleet::run_fleet(app, options));
    }
    close(ready[1]);
    char said = 0;
    if (read(ready[0], &said, 1) == 1) return ok;
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : failed;
}

int up(const Arguments& arguments) {
    const auto app = load_app(arguments.app, {.node = "", .whole_app = true});
    if (!app) return bad_usage;
    if (!arguments.stack.empty()) {
        std::cerr << "atoll: --stack " << arguments.stack
                  << " is not there yet: without it all runs on SQLite and the direct feed\n";
        return bad_usage;
    }
    fleet::FleetOptions options;
    options.program = std::filesystem::read_symlink("/proc/self/exe").string();
    options.app_file = arguments.app.file;
    options.data = data_folder(*app, arguments.data);
    options.log_level = arguments.log_level;
    options.fresh = arguments.fresh;
    options.background = arguments.background;
    return options.background ? run_in_background(*app, options) : fleet::run_fleet(*app, options);
}

}  // namespace

void add_up(CLI::App& program, Run& run) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command =
        program.add_subcommand("up", "start all nodes of an app and its gateway, together");
    add_app_arguments(*command, arguments->app);
    command->add_option("--data", arguments->data, "folder of its data (default: data/NAME)");
    command->add_flag("--fresh", arguments->fresh, "throw the data away first");
    command->add_flag("-d", arguments->background, "return when it serves; `atoll down` stops it");
    command->add_option("--stack", arguments->stack, "which of the app's stacks (default: SQLite)");
    command->add_option("--log-level", arguments->log_level, "debug, info, warn, error or off");
    command->footer(
        "Examples:\n"
        "  atoll up apps/property-listing.toml\n"
        "  atoll up apps/property-listing.toml -d --fresh\n"
        "A node that dies is restarted. Ctrl-C stops all; a second one ends all at once.");
    command->callback([arguments, &run] { run = [arguments] { return up(*arguments); }; });
}

}  // namespace reef::cli
