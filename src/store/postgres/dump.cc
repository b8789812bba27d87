#include "store/postgres/dump.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <functional>

namespace reef::store::postgres {

namespace {

// A field as COPY writes it.
std::string copied_text(std::string_view field) {
    std::string text;
    for (std::size_t at = 0; at < field.size(); ++at) {
        if (field[at] != '\\' || at + 1 == field.size()) {
            text += field[at];
            continue;
        }
        constexpr std::string_view letters = "bfnrtv", meant = "\b\f\n\r\t\v";
        const char escaped = field[++at];
        const std::size_t known = letters.find(escaped);
        text += known == std::string_view::npos ? escaped : meant[known];
    }
    return text;
}

std::vector<std::string> split(std::string_view text, std::string_view between) {
    std::vector<std::string> parts;
    for (;;) {
        const std::size_t end = std::min(text.find(between), text.size());
        parts.emplace_back(text.substr(0, end));
        if (end == text.size()) return parts;
        text.remove_prefix(end + between.size());
    }
}

using CopiedRow = std::map<std::string, std::string>;  // by column

// Calls `take` for each row of the COPY commands in a script of pg_restore.
void for_each_row(std::string_view script,
                  const std::function<void(std::string_view table, const CopiedRow&)>& take) {
    constexpr std::string_view copy = "COPY public.", from = ") FROM stdin;";
    std::string table;
    std::vector<std::string> columns;
    while (!script.empty()) {
        const std::size_t end = std::min(script.find('\n'), script.size());
        const std::string_view line = script.substr(0, end);
        script.remove_prefix(std::min(end + 1, script.size()));
        if (line == "\\.") {
            table.clear();
        } else if (!table.empty()) {
            const auto fields = split(line, "\t");
            CopiedRow row;
            for (std::size_t i = 0; i < std::min(fields.size(), columns.size()); ++i)
                row[columns[i]] = copied_text(fields[i]);
            take(table, row);
        } else if (line.starts_with(copy) && line.ends_with(from)) {
            const std::size_t open = line.find(" (");
            table = line.substr(copy.size(), open - copy.size());
            const std::size_t begin = open + 2;
            columns = split(line.substr(begin, line.size() - from.size() - begin), ", ");
        }
    }
}

std::string bytes_from_hex(std::string_view text) {  // "\x00ff"
    std::string bytes;
    for (std::size_t at = 2; at + 1 < text.size(); at += 2) {
        unsigned byte = 0;
        std::from_chars(text.data() + at, text.data() + at + 2, byte, 16);
        bytes += static_cast<char>(byte);
    }
    return bytes;
}

// A text that another program reads as a file, for as long as this lives.
class TextFile {
public:
    explicit TextFile(const std::string& text) : descriptor_(memfd_create("list", MFD_CLOEXEC)) {
        written_ = descriptor_ >= 0 && pwrite(descriptor_, text.data(), text.size(), 0) ==
                                           static_cast<ssize_t>(text.size());
    }
    ~TextFile() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    TextFile(const TextFile&) = delete;
    TextFile& operator=(const TextFile&) = delete;

    bool written() const { return written_; }
    std::string path() const {
        return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_);
    }

private:
    const int descriptor_;
    bool written_ = false;
};

// The schema itself stays: other programs may have tables in it, and it is the superuser's.
std::string without_the_schema(std::string_view list) {
    std::string kept;
    for (const std::string& line : split(list, "\n")) {
        const bool of_schema = line.find(" SCHEMA - public ") != std::string::npos ||
                               line.find(" - SCHEMA public ") != std::string::npos;
        if (!of_schema) kept += line + '\n';
    }
    return kept;
}

}  // namespace

Result<void> dump(const DumpTools& tools, const std::string& file) {
    const auto done = run_program({tools.folder + "/pg_dump", "--format=custom", "--schema=public",
                                   "--no-password", "--file=" + file},
                                  tools.database);
    if (!done) return done.error();
    return {};
}

Result<DumpHead> read_dump(const DumpTools& tools, const std::string& file) {
    const auto script =
        run_program({tools.folder + "/pg_restore", "--data-only", "--table=atoll_node",
                     "--table=atoll_meta", "--table=atoll_batches", "--file=-", file},
                    {});
    if (!script) return Error{Errc::invalid, file + ": " + script.error().what};
    DumpHead head;
    std::uint64_t newest = 0;
    for_each_row(*script, [&](std::string_view table, const CopiedRow& row) {
        const auto column = [&row](const char* name) {
            const auto found = row.find(name);
            return found == row.end() ? std::string{} : found->second;
        };
        if (table == "atoll_node") head.facts["node"] = column("node");
        if (table == "atoll_meta") head.facts[column("name")] = column("value");
        if (table != "atoll_batches") return;
        const std::string text = column("number");
        std::uint64_t number = 0;
        std::from_chars(text.data(), text.data() + text.size(), number);
        if (number < newest) return;
        newest = number;
        head.ledger = column("ledger");
        head.digests = bytes_from_hex(column("digests"));
    });
    return head;
}

Result<void> load_dump(const DumpTools& tools, const std::string& file) {
    const std::string program = tools.folder + "/pg_restore";
    const auto list = run_program({program, "--list", file}, {});
    if (!list) return list.error();
    const TextFile wanted{without_the_schema(*list)};
    if (!wanted.written()) return Error{Errc::unavailable, "no memory for the dump's list"};
    // A connection string, though an empty one: the environment has the rest.
    const auto done =
        run_program({program, "--clean", "--if-exists", "--single-transaction", "--exit-on-error",
                     "--no-password", "--use-list=" + wanted.path(),
                     "--dbname=fallback_application_name=atoll", file},
                    tools.database);
    if (!done) return done.error();
    return {};
}

}  // namespace reef::store::postgres
