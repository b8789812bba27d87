#include "config/csv.hpp"

namespace reef::config {

namespace {

class CsvParser {
public:
    explicit CsvParser(std::string_view text) : rest_(text) {
        if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);  // a byte order mark
    }

    Result<std::vector<CsvRecord>> run() {
        std::vector<CsvRecord> records;
        while (!rest_.empty()) {
            if (take_line_end()) continue;
            CsvRecord record{line_, {}};
            do {
                auto cell = take_cell();
                if (!cell) return cell.error();
                record.cells.push_back(std::move(*cell));
            } while (take(","));
            if (!rest_.empty() && !take_line_end()) return wrong("text after a closing quote");
            records.push_back(std::move(record));
        }
        return records;
    }

private:
    Result<CsvCell> take_cell() {
        if (take("\"")) return take_quoted();
        const std::size_t end = std::min(rest_.find_first_of(",\r\n\""), rest_.size());
        CsvCell cell{std::string{rest_.substr(0, end)}, false};
        rest_.remove_prefix(end);
        if (rest_.starts_with('"')) return wrong("a quote inside a value that is not quoted");
        if (rest_.starts_with('\r') && !rest_.starts_with("\r\n")) {
            return wrong("a carriage return without a line end");
        }
        return cell;
    }

    Result<CsvCell> take_quoted() {
        CsvCell cell{"", true};
        const std::uint32_t begin = line_;
        while (!rest_.empty()) {
            if (take("\"\"")) {
                cell.text += '"';
            } else if (take("\"")) {
                return cell;
            } else {
                if (rest_.front() == '\n') ++line_;
                cell.text += rest_.front();
                rest_.remove_prefix(1);
            }
        }
        line_ = begin;
        return wrong("a quote is not closed");
    }

    bool take(std::string_view expected) {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(expected.size());
        return true;
    }

    bool take_line_end() {
        if (!take("\n") && !take("\r\n")) return false;
        ++line_;
        return true;
    }

    Error wrong(std::string_view what) const {
        return {Errc::invalid, std::to_string(line_) + ": " + std::string{what}};
    }

    std::string_view rest_;
    std::uint32_t line_ = 1;
};

}  // namespace

Result<std::vector<CsvRecord>> parse_csv(std::string_view text) {
    return CsvParser{text}.run();
}

}  // namespace reef::config
