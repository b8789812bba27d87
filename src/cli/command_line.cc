#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

namespace reef::cli {

namespace {

// In the words of the parser's library, which this file alone includes: it costs six seconds of
// compiling in each file that does.
void add_option(CLI::App& parser, const Option& option) {
    CLI::Option* added = std::visit(
        [&](auto* value) {
            if constexpr (std::is_same_v<decltype(value), bool*>) {
                return parser.add_flag(option.name, *value, option.help);
            } else {
                return parser.add_option(option.name, *value, option.help);
            }
        },
        option.value);
    added->required(option.required);
    if (!option.choices.empty()) added->check(CLI::IsMember{option.choices, CLI::ignore_case});
    if (option.highest) {
        added->check(CLI::Range(1, *option.highest));
    } else if (std::holds_alternative<int*>(option.value)) {
        added->check(CLI::PositiveNumber);
    }
}

void add_command(CLI::App& parent, const Command& command, const Command*& chosen) {
    CLI::App* parser = parent.add_subcommand(command.name, command.help);
    if (!command.examples.empty()) parser->footer(command.examples);
    for (const Option& option : command.options)
        add_option(*parser, option);
    for (const Command& below : command.commands)
        add_command(*parser, below, chosen);
    if (command.commands.empty()) {
        parser->callback([&command, &chosen] { chosen = &command; });
    } else {
        parser->require_subcommand(1);
    }
}

}  // namespace

int run_command_line(const Program& program, int argc, char** argv) {
    CLI::App parser{program.help};
    parser.name(program.name);
    parser.require_subcommand(1);
    parser.set_version_flag("--version", program.version);
    parser.footer(program.examples);
    const Command* chosen = nullptr;
    for (const Command& command : program.commands)
        add_command(parser, command, chosen);
    try {
        parser.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return parser.exit(error) == 0 ? ok : bad_usage;
    }
    try {
        return chosen->run();
    } catch (const std::exception& error) {
        std::cerr << program.name << ": " << error.what() << '\n';
        return failed;
    }
}

}  // namespace reef::cli
