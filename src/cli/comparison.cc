#include "cli/comparison.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <iostream>
#include <thread>

#include "base/text/json.hpp"
#include "base/text/uri.hpp"
#include "cli/http.hpp"
#include "model/value_text.hpp"

namespace reef::cli {

namespace {

using model::Key;
using Deadline = std::chrono::steady_clock::time_point;

constexpr int presence_timeout_ms = 10'000;
constexpr int rows_timeout_ms = 30'000;
constexpr auto between_looks = std::chrono::milliseconds(50);

Result<Json> answer_of(const Witness& witness, const std::string& path, int timeout_ms) {
    HttpRequest request{.url = witness.url + path};
    request.peer_secret = witness.peer_secret;
    request.timeout_ms = timeout_ms;
    return ask_node(request);
}

Result<Json> rows_of(const Witness& witness, const std::string& query) {
    std::string path = "/_atoll/rows?" + query;
    if (!witness.replica.empty()) path += "&replica=" + percent_encode(witness.replica);
    auto said = answer_of(witness, path, rows_timeout_ms);
    if (!said) return Error{said.error().code, witness.node + ": " + said.error().what};
    return said;
}

Proof proof_from(const Json& row) {
    return {text_at(row, "vector"), parse_hash(text_at(row, "hash")).value_or(Hash128{}),
            true_at(row, "alive"), true_at(row, "edited"), text_at(row, "unreadable")};
}

// The rows of one resource at one node, in key order.
class Rows {
public:
    Rows(const Witness& witness, const model::Resource& resource)
        : witness_(witness), resource_(resource) {}

    // The key of the next row, which take() then returns. Null at the end.
    Result<const Key*> next() {
        while (ahead_.empty() && !ended_) {
            if (auto done = fetch(); !done) return done.error();
        }
        return ahead_.empty() ? nullptr : &ahead_.front().first;
    }

    Proof take() {
        Proof proof = std::move(ahead_.front().second);
        ahead_.pop_front();
        return proof;
    }

private:
    Result<void> fetch() {
        std::string query = "resource=" + percent_encode(resource_.name);
        if (after_) query += "&after=" + percent_encode(*after_);
        const auto said = rows_of(witness_, query);
        if (!said) return said.error();
        const Json* next = said->find("next");
        ended_ = next == nullptr;
        if (next) after_ = next->text;
        const Json* rows = said->find("rows");
        for (const Json& row : rows ? rows->items : std::vector<Json>{}) {
            const auto key = model::key_from_text(resource_.key_field(), text_at(row, "key"));
            if (!key) return Error{Errc::invalid, witness_.node + " sent a row without a key"};
            ahead_.emplace_back(*key, proof_from(row));
        }
        return {};
    }

    const Witness& witness_;
    const model::Resource& resource_;
    std::deque<std::pair<Key, Proof>> ahead_;
    std::optional<std::string> after_;
    bool ended_ = false;
};

// Each node removes a tombstone some time after all nodes have it. So a deleted row equals a row
// that is not there.
bool are_equal(const Proofs& proofs) {
    const auto known = std::find_if(proofs.begin(), proofs.end(),
                                    [](const auto& proof) { return proof.has_value(); });
    return known == proofs.end() ||
           std::all_of(proofs.begin(), proofs.end(), [&known](const auto& proof) {
               if (!proof) return !(*known)->alive;
               return !proof->edited && proof->hash == (*known)->hash;
           });
}

// Why the rows will stay different. "" if they differ only because a change has not arrived
// everywhere yet.
std::string why_for_good(const Proofs& proofs, const std::vector<Witness>& witnesses) {
    const std::optional<Proof>* known = nullptr;
    bool same_writes = true;
    for (std::size_t i = 0; i < proofs.size(); ++i) {
        if (!proofs[i]) {
            same_writes = false;
            continue;
        }
        if (!proofs[i]->unreadable.empty()) {
            const char* remedy = witnesses[i].replica.empty() ? "repair" : "reset-replicas";
            return witnesses[i].node + "'s cannot be read: `atoll " + remedy + '`';
        }
        if (proofs[i]->edited) return witnesses[i].node + "'s was changed by another program";
        if (known && (*known)->vector != proofs[i]->vector) same_writes = false;
        known = &proofs[i];
    }
    return same_writes ? "the same writes, but other content" : "";
}

std::string why_at_deadline(const Proofs& proofs, const std::vector<Witness>& witnesses) {
    std::string why;
    for (std::size_t i = 0; i < proofs.size(); ++i) {
        why += why.empty() ? "" : ", ";
        why += witnesses[i].node + (proofs[i] ? " has " + proofs[i]->vector : " lacks it");
    }
    return why;
}

Result<Proofs> look_again(const std::vector<Witness>& witnesses, const model::Resource& resource,
                          const Key& key) {
    Proofs proofs;
    const std::string query =
        "resource=" + percent_encode(resource.name) + "&key=" + percent_encode(model::to_text(key));
    for (const Witness& witness : witnesses) {
        const auto said = rows_of(witness, query);
        if (!said) return said.error();
        const Json* rows = said->find("rows");
        const bool there = rows && !rows->items.empty();
        proofs.push_back(there ? std::optional{proof_from(rows->items[0])} : std::nullopt);
    }
    return proofs;
}

// Asks again for each row that differs. Leaves in the report the rows that will stay different and
// those that still differ at the deadline.
Result<void> wait_for_level(const std::vector<Witness>& witnesses, const model::Resource& resource,
                            Deadline deadline, Comparison& report) {
    std::vector<Difference> different;
    for (Difference& row : report.differences) {
        while (row.why.empty() && !are_equal(row.proofs)) {
            row.why = why_for_good(row.proofs, witnesses);
            if (!row.why.empty()) break;
            if (std::chrono::steady_clock::now() >= deadline) {
                row.why = why_at_deadline(row.proofs, witnesses);
                break;
            }
            std::this_thread::sleep_for(between_looks);
            auto again = look_again(witnesses, resource, row.key);
            if (!again) return again.error();
            row.proofs = std::move(*again);
        }
        if (!row.why.empty()) different.push_back(std::move(row));
    }
    report.differences = std::move(different);
    return {};
}

// Takes the row with the lowest key that any witness has next, from all witnesses that have it.
// Absent: no witness has more rows.
Result<std::optional<Difference>> next_row(std::vector<Rows>& all) {
    const Key* lowest = nullptr;
    std::vector<const Key*> keys;
    for (Rows& rows : all) {
        const auto key = rows.next();
        if (!key) return key.error();
        keys.push_back(*key);
        if (*key && (!lowest || **key < *lowest)) lowest = *key;
    }
    if (!lowest) return std::optional<Difference>{};
    Difference row{*lowest, Proofs(all.size()), ""};
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (keys[i] && *keys[i] == row.key) row.proofs[i] = all[i].take();
    }
    return std::optional{std::move(row)};
}

}  // namespace

Result<void> ask_for_presence(const Witness& witness, const model::Resource& resource) {
    std::string path = "/_atoll/status";
    if (!witness.replica.empty()) {
        path = "/_atoll/rows?resource=" + percent_encode(resource.name) +
               "&replica=" + percent_encode(witness.replica);
    }
    const auto said = answer_of(witness, path, presence_timeout_ms);
    if (!said) return said.error();
    return {};
}

Result<Comparison> compare_rows(const std::vector<Witness>& witnesses,
                                const model::Resource& resource, double wait_s) {
    Comparison report;
    report.resource = resource.name;
    std::vector<Rows> all;
    for (const Witness& witness : witnesses)
        all.emplace_back(witness, resource);
    const bool show_progress = isatty(STDERR_FILENO) != 0;
    for (std::uint64_t seen = 1;; ++seen) {
        auto row = next_row(all);
        if (!row) return row.error();
        if (!*row) break;
        Proofs& proofs = (*row)->proofs;
        const bool alive = std::any_of(proofs.begin(), proofs.end(),
                                       [](const auto& proof) { return proof && proof->alive; });
        if (alive) ++report.records;
        if (proofs[0] && proofs[0]->alive) report.digest += proofs[0]->hash;
        if (!are_equal(proofs)) report.differences.push_back(std::move(**row));
        if (show_progress && seen % 10'000 == 0) std::cerr << '\r' << resource.name << "  " << seen;
    }
    if (show_progress) std::cerr << "\r\033[K";
    const auto wait = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        std::chrono::duration<double>(wait_s));
    const auto deadline = std::chrono::steady_clock::now() + wait;
    if (auto done = wait_for_level(witnesses, resource, deadline, report); !done)
        return done.error();
    return report;
}

Result<std::vector<UnreadableRow>> unreadable_rows(const Witness& witness,
                                                   const model::Resource& resource) {
    std::vector<UnreadableRow> found;
    Rows rows{witness, resource};
    for (;;) {
        const auto key = rows.next();
        if (!key) return key.error();
        if (!*key) return found;
        UnreadableRow row{resource.name, **key, ""};
        row.why = rows.take().unreadable;
        if (!row.why.empty()) found.push_back(std::move(row));
    }
}

}  // namespace reef::cli
