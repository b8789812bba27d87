#include "node/mark.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/text/json_object.hpp"
#include "store/part_file.hpp"

namespace reef::node {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t step_min = 64;
constexpr std::int64_t step_max = 65'536;
constexpr auto follow_interval = 1s;

Error failed(const std::string& file) {
    return {Errc::unavailable, "cannot write " + file + ": " + std::strerror(errno)};
}

// A file descriptor that is closed at the end of a scope.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }

private:
    const int number_;
};

// The new file takes the old one's place whole, or not at all.
Result<void> replace_file(const std::string& file, const std::string& text, bool durably) {
    const std::string part = file + ".part";
    {
        const Descriptor out{::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
        if (out.number() < 0) return failed(part);
        const ssize_t size = ::write(out.number(), text.data(), text.size());
        if (size != static_cast<ssize_t>(text.size())) return failed(part);
        if (durably && ::fsync(out.number()) != 0) return failed(part);
    }
    if (::rename(part.c_str(), file.c_str()) != 0) return failed(file);
    return durably ? store::sync_folder_of(file) : Result<void>{};
}

std::uint64_t natural(const Json* json) {
    std::uint64_t number = 0;
    if (json) std::from_chars(json->text.data(), json->text.data() + json->text.size(), number);
    return number;
}

}  // namespace

std::string to_text(const Mark& mark) {
    JsonObject ids;
    for (const auto& [resource, next] : mark.ids)
        ids.put(resource, std::to_string(next));
    return JsonObject{}
               .put_text("origin", mark.origin)
               .put("run_number", std::to_string(mark.run_number))
               .put_text("run", mark.run)
               .put("seq", std::to_string(mark.seq))
               .put_text("hash", to_hex(mark.hash))
               .put("ids", ids.json())
               .json() +
           '\n';
}

std::optional<Mark> parse_mark(std::string_view text) {
    const auto json = parse_json(text);
    const Json* ids = json ? json->find("ids") : nullptr;
    const auto hash = json ? parse_hash(text_at(*json, "hash")) : std::nullopt;
    if (!ids || !hash) return std::nullopt;
    Mark mark;
    mark.origin = text_at(*json, "origin");
    mark.run_number = natural(json->find("run_number"));
    mark.run = text_at(*json, "run");
    mark.seq = natural(json->find("seq"));
    mark.hash = *hash;
    for (const auto& [resource, next] : ids->members)
        mark.ids[resource] = static_cast<std::int64_t>(natural(&next));
    return mark;
}

std::optional<Mark> read_mark(const std::string& file) {
    std::ifstream in{file};
    std::ostringstream text;
    text << in.rdbuf();
    return in ? parse_mark(text.str()) : std::nullopt;
}

MarkKeeper::MarkKeeper(std::string file, const model::Schema& schema, Clock& clock)
    : file_(std::move(file)), schema_(schema), clock_(clock) {}

Result<void> MarkKeeper::begin(const store::Ledger& ledger, const std::string& run) {
    std::error_code failed;
    std::filesystem::create_directories(std::filesystem::path{file_}.parent_path(), failed);
    if (auto before = read_mark(file_)) mark_.ids = std::move(before->ids);
    mark_.run_number = ledger.runs().last;
    mark_.run = run;
    begun_ = true;
    take(ledger);
    return write(true);
}

void MarkKeeper::take(const store::Ledger& ledger) {
    mark_.origin = ledger.self;
    mark_.seq = ledger.seq();
    mark_.hash = ledger.origins.at(ledger.self).hash;
    for (const auto& [resource, next] : ledger.next_id) {
        std::int64_t& reserved = mark_.ids[schema_[resource].name];
        reserved = std::max(reserved, next);
    }
}

Result<void> MarkKeeper::write(bool durably) {
    written_ = clock_.steady();
    return replace_file(file_, to_text(mark_), durably);
}

Result<void> MarkKeeper::reserve(const store::Ledger& ledger) {
    if (!begun_) return {};
    const auto lacks = [this](const auto& entry) {
        const auto reserved = mark_.ids.find(schema_[entry.first].name);
        return reserved == mark_.ids.end() || reserved->second < entry.second;
    };
    const auto& next_ids = ledger.next_id;
    if (std::none_of(next_ids.begin(), next_ids.end(), lacks)) return {};
    const auto now = clock_.steady();
    step_ = std::clamp(now - reserved_ < 1s ? step_ * 2 : step_ / 2, step_min, step_max);
    reserved_ = now;
    const auto before = mark_.ids;
    for (const auto& entry : next_ids) {
        if (lacks(entry)) mark_.ids[schema_[entry.first].name] = entry.second + step_;
    }
    auto written = write(true);
    if (!written) mark_.ids = before;
    return written;
}

void MarkKeeper::follow(const store::Ledger& ledger) {
    if (!begun_ || clock_.steady() - written_ < follow_interval) return;
    end(ledger);
}

void MarkKeeper::end(const store::Ledger& ledger) {
    if (!begun_) return;
    const Mark before = mark_;
    take(ledger);
    // What is not written is only known less exactly.
    if (mark_ != before) static_cast<void>(write(false));
}

}  // namespace reef::node
