#include "model/abridged.hpp"

#include <charconv>

#include "base/text/json.hpp"
#include "model/change.hpp"

namespace reef::model {

namespace {

constexpr std::size_t begin_bytes_max = 64 << 10;  // kept: the record's key is in it
constexpr std::string_view size_name = ",\"too_large\":";
constexpr std::string_view hash_name = ",\"hash\":\"";

// What stands between two marks that occur once in a change: inside of texts quotes are escaped.
std::string_view between(std::string_view text, std::string_view begin, char end) {
    const std::size_t at = text.find(begin);
    if (at == text.npos) return {};
    text.remove_prefix(at + begin.size());
    const std::size_t length = text.find(end, text.starts_with('"') ? 1 : 0);
    return length == text.npos ? std::string_view{} : text.substr(0, length);
}

std::string abridged_to(std::string_view begin, const Stamp& stamp, std::uint64_t bytes,
                        const Hash128& hash) {
    std::string json = "{\"stamp\":\"" + to_text(stamp) + '"';
    json += std::string{size_name} + std::to_string(bytes);
    json += std::string{hash_name} + to_hex(hash) + '"';
    const std::string_view resource = between(begin, ",\"resource\":\"", '"');
    std::string_view key = between(begin, ",\"row\":{\"key\":", ',');
    if (key.starts_with('"')) key = between(begin, ",\"row\":{\"key\":\"", '"');
    if (!resource.empty() && !key.empty() && key.find('\\') == key.npos) {
        json +=
            ",\"resource\":\"" + std::string{resource} + "\",\"key\":\"" + std::string{key} + '"';
    }
    return json + '}';
}

}  // namespace

void Abridging::add(std::string_view piece) {
    hash_.add(piece);
    bytes_ += piece.size();
    if (begin_.size() < begin_bytes_max) begin_ += piece.substr(0, begin_bytes_max - begin_.size());
}

std::optional<std::string> Abridging::finish() const {
    const auto stamp = begin_.starts_with("{\"stamp\":\"") ? stamp_in(begin_) : std::nullopt;
    if (!stamp) return std::nullopt;
    return abridged_to(begin_, *stamp, bytes_, hash_.hash());
}

std::string abridged(std::string_view change_json) {
    Abridging line;
    line.add(change_json);
    return line.finish().value_or(std::string{change_json});
}

std::optional<std::uint64_t> bytes_before(std::string_view change_json) {
    const std::size_t stamp_end = change_json.find('"', std::string_view{"{\"stamp\":\""}.size());
    if (stamp_end == change_json.npos) return std::nullopt;
    std::string_view rest = change_json.substr(stamp_end + 1);
    if (!rest.starts_with(size_name)) return std::nullopt;
    rest.remove_prefix(size_name.size());
    std::uint64_t bytes = 0;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), bytes);
    if (read.ec != std::errc{}) return std::nullopt;
    return bytes;
}

Hash128 entry_hash(std::string_view change_json) {
    if (bytes_before(change_json)) {
        if (const auto hash = parse_hash(between(change_json, hash_name, '"'))) return *hash;
    }
    return hash_of(change_json);
}

bool is_same_change(std::string_view a, std::string_view b) {
    return a == b || entry_hash(a) == entry_hash(b);
}

}  // namespace reef::model
