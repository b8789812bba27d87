#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/app_arguments.hpp"
#include "cli/commands.hpp"
#include "cli/first_requests.hpp"
#include "cli/shell.hpp"
#include "fleet/fleet.hpp"
#include "fleet/members.hpp"
#include "fleet/stack.hpp"

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

// Runs the fleet in a process of its own. Returns when the fleet serves or has failed.
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
    char byte = 0;
    if (read(ready[0], &byte, 1) == 1) return ok;
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : failed;
}

// Plans the stack's services and puts the variables that they set into the environment, which the
// nodes inherit. Then reads the app again with them. Absent: the reason was printed on stderr.
std::optional<config::App> with_stack(const Arguments& arguments, const config::App& bare,
                                      fleet::FleetOptions& options) {
    const auto fail = [](const Error& error) {
        std::cerr << "atoll: " << error.what << '\n';
        return std::nullopt;
    };
    auto services = fleet::plan_stack(bare, {arguments.stack, options.program, options.data});
    if (!services) return fail(services.error());
    for (const fleet::BackingService& service : *services) {
        for (const auto& [name, value] : service.variables)
            setenv(name.c_str(), value.c_str(), 1);
    }
    options.services = std::move(*services);
    auto app = load_app(arguments.app, {.node = "", .up = true});
    if (!app) return std::nullopt;
    if (const auto used = fleet::check_stack(*app, arguments.stack); !used)
        return fail(used.error());
    return app;
}

// The command that stops this fleet, as people can type it in the folder where they typed `up`.
std::string down_command(const Arguments& arguments) {
    std::vector<std::string> words{program_invocation_name, "down", arguments.app.file};
    if (!arguments.app.env_file.empty()) {
        words.push_back("--env-file");
        words.push_back(arguments.app.env_file);
    }
    if (!arguments.data.empty()) {
        words.push_back("--data");
        words.push_back(arguments.data);
    }
    return shell_line(words);
}

int up(const Arguments& arguments) {
    auto app = load_app(arguments.app, {.node = "", .up = true});
    if (!app) return bad_usage;
    fleet::FleetOptions options;
    options.program = std::filesystem::read_symlink("/proc/self/exe").string();
    options.app_file = arguments.app.file;
    options.env_file = arguments.app.env_file;
    options.data = data_folder(*app, arguments.data);
    options.log_level = arguments.log_level;
    options.fresh = arguments.fresh;
    options.background = arguments.background;
    if (!arguments.stack.empty()) {
        app = with_stack(arguments, *app, options);
        if (!app) return bad_usage;
    }
    options.down_command = down_command(arguments);
    options.first_requests = first_requests(*app, fleet::resource_url(*app));
    return options.background ? run_in_background(*app, options) : fleet::run_fleet(*app, options);
}

}  // namespace

Command up_command() {
    const auto arguments = std::make_shared<Arguments>();
    const std::vector<Option> own{
        data_option(arguments->data),
        {"--fresh", &arguments->fresh, "throw the data away first"},
        {"-d", &arguments->background, "return when it serves; `atoll down` stops it"},
        {"--stack", &arguments->stack,
         "what it stands on: a [stack.NAME] of the app's (default: SQLite)"},
        {"--log-level", &arguments->log_level, "debug, info, warn, error or off"}};
    return {.name = "up",
            .help = "start all nodes of an app and its gateway, together",
            .options = app_options(arguments->app, own),
            .examples =
                "Examples:\n"
                "  atoll up apps/property-listing.toml\n"
                "  atoll up apps/property-listing.toml -d --fresh\n"
                "  atoll up apps/property-listing.toml --stack full\n"
                "A node that dies is restarted. Ctrl-C stops all; a second one ends all at once.",
            .run = [arguments] { return up(*arguments); }};
}

}  // namespace reef::cli
