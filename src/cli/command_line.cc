#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <span>

#include "config/spelling.hpp"

namespace reef::cli {

namespace {

// Only this file includes the parser's library: it costs six seconds of compiling in each file.
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

// The message about a word in the place of a command that is no command; "" if there is none. The
// library would only say that a command is missing. `words` follow `name` on the command line.
std::string unknown_command(const std::string& name, const std::vector<Command>& commands,
                            std::span<char*> words) {
    const auto word =
        std::find_if(words.begin(), words.end(), [](const char* text) { return *text != '-'; });
    if (commands.empty() || word == words.end()) return "";
    std::vector<std::string> names;
    for (const Command& command : commands) {
        const auto behind = static_cast<std::size_t>(word - words.begin()) + 1;
        if (command.name == *word)
            return unknown_command(name + ' ' + *word, command.commands, words.subspan(behind));
        names.push_back(command.name);
    }
    return name + ": there is no command " + config::in_quotes(*word) +
           config::did_you_mean(*word, names) + "; " + name + " --help lists them";
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
    const std::span<char*> words{argv + 1, static_cast<std::size_t>(std::max(0, argc - 1))};
    if (const auto unknown = unknown_command(program.name, program.commands, words);
        !unknown.empty()) {
        std::cerr << unknown << '\n';
        return bad_usage;
    }
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
