// What an app's messages look like to programs that know nothing of Atoll: topic, key, headers and
// body with their <parts> filled in from a change. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text/template.hpp"
#include "brokers/broker.hpp"
#include "model/change.hpp"
#include "model/foreign_key.hpp"
#include "model/value_text.hpp"

namespace reef::brokers {

// Kept with a write that another program made on its own server: it has the write, and has told all
// other programs itself. Atoll's nodes tell each other of it, whose logs have no holes.
inline constexpr const char* replicated_from_header = "x-replicated-from";

// One that gets some changes only.
struct ShapeQueue {
    std::string name;
    std::vector<model::WriteKind> when;
    // A part alone is that part: a record as JSON, all others as text. "": the change in Atoll's
    // own form.
    std::string body;
};

struct ShapeTexts {  // as the app file has them
    std::string topic;
    std::string key = "<key>";
    std::string body;  // "": the change in Atoll's own form
    std::string path;  // of the API, before a resource's name
    // A record names the region that wrote it last, not the one that took it in: programs of other
    // regions drop what names their own.
    bool names_writer = false;
    std::vector<std::pair<std::string, std::string>> headers = {};  // before Atoll's own
    // The nodes with a queue of their own: each gets its own message of a change. Absent: one
    // message is for all.
    std::optional<std::vector<std::string>> targets = {};
    // Instead of topic, body and targets: each queue gets a message of each change that it wants.
    std::vector<ShapeQueue> queues = {};
    model::TimeShape times = {6, TimeZone::none};  // of a record
    // Targets that are other programs, which number their records themselves: calls name these.
    std::map<std::string, model::ForeignNumbers, std::less<>> foreign = {};
};

class MessageShape {
public:
    MessageShape(const model::Schema& schema, const ShapeTexts& texts);

    // `json`: the change's, which rides in a header.
    std::vector<Message> messages(const model::Change& change, const std::string& json) const;
    // The same of a change that cannot be read here any more: its body is Atoll's own form.
    std::vector<Message> plain_messages(const std::string& json) const;
    Message message(const model::Change& change, const std::string& json,
                    std::string_view target = {}) const;
    // A row that no change says: for other programs, as if `origin` had written it last.
    Message row_message(const model::Row& row, const model::OriginId& origin) const;
    // For each queue that wants it, a row that no change says.
    std::vector<Message> row_messages(const model::Row& row) const;
    // Of each resource, without repeats; none where nodes have queues of their own.
    const std::vector<std::string>& topics() const { return topics_; }
    // What another program's message there is about. Null: several have this topic, or none, or
    // nobody can tell a deletion from what else comes there.
    const model::Resource* resource_of(std::string_view topic) const;
    // Whether such a message says that its record was deleted.
    bool tells_of_deletions(std::string_view topic) const;

private:
    struct Queue {
        Template name;
        std::vector<model::WriteKind> when;
        Template body;
    };

    const Queue* queue_at(std::string_view topic) const;
    std::vector<Message> queue_messages(const model::Change& change, const std::string& json) const;
    void finish(const model::Change& change, const std::string& json, Message& message,
                std::string_view target) const;
    void note_topic(std::string topic);
    Message addressed(const model::Change& change, std::string_view target) const;
    const model::ForeignNumbers* numbers_of(std::string_view target) const;

    const model::Schema& schema_;
    const Template topic_;
    const Template key_;
    const Template body_;
    std::vector<std::pair<std::string, Template>> headers_;
    const std::optional<std::vector<std::string>> targets_;
    const std::string path_;
    const bool names_writer_;
    const model::TimeShape times_;
    const std::map<std::string, model::ForeignNumbers, std::less<>> foreign_;
    std::vector<Queue> queues_;
    std::vector<std::string> topics_;
};

}  // namespace reef::brokers
