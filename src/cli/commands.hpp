// The commands of the program, one file each. Exit status: 0 ok, 1 failed, 2 usage or
// configuration, 3 unhealthy or divergent. Data on stdout, talk on stderr.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "config/app.hpp"

namespace reef::cli {

inline constexpr int ok = 0;
inline constexpr int failed = 1;
inline constexpr int bad_usage = 2;
inline constexpr int unhealthy = 3;

// Each adds one subcommand and, when it is the one that was called, sets `run`.
using Run = std::function<int()>;
void add_serve(CLI::App& program, Run& run);
void add_check(CLI::App& program, Run& run);
void add_seed(CLI::App& program, Run& run);
void add_openapi(CLI::App& program, Run& run);
void add_health(CLI::App& program, Run& run);
void add_gateway_config(CLI::App& program, Run& run);
void add_up(CLI::App& program, Run& run);
void add_fleet_commands(CLI::App& program, Run& run);
void add_status(CLI::App& program, Run& run);
void add_conflicts(CLI::App& program, Run& run);
void add_verify(CLI::App& program, Run& run);
void add_dead_letters(CLI::App& program, Run& run);

// What every command that reads an app file takes.
struct AppArguments {
    std::string file;
    std::string env_file;
};
void add_app_arguments(CLI::App& command, AppArguments& arguments);

// Loads the app, or says on stderr everything that is wrong with it.
std::optional<config::App> load_app(const AppArguments& arguments, config::LoadOptions options);

// The node that is meant: --node, then what the environment says, then an app's only one. Or null,
// having said on stderr which nodes there are.
const config::Node* choose_node(const config::App& app, const std::string& wanted);

// "data/NAME" unless --data says otherwise.
std::string data_folder(const config::App& app, const std::string& given);

}  // namespace reef::cli
