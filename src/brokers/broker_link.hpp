// A node's link with a broker, made whole: its own changes go there (Publisher), those of others
// come from there (BrokerReader), what other programs say is imported (ForeignMessages) or executed
// (ForeignCalls), joined rows are shown to them (JoinedRows), and what is no use is put aside
// (DeadMessages). A node has one, or none where changes go from node to node. Which product stands
// behind it, only `make` knows.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brokers/broker_reader.hpp"
#include "brokers/change_signer.hpp"
#include "brokers/dead_messages.hpp"
#include "brokers/foreign.hpp"
#include "brokers/foreign_calls.hpp"
#include "brokers/joined_rows.hpp"
#include "brokers/message_shape.hpp"
#include "brokers/own_changes.hpp"
#include "brokers/publisher.hpp"
#include "brokers/report.hpp"

namespace reef::brokers {

struct BrokerLinkOptions {
    std::function<std::unique_ptr<Broker>(asio::any_io_executor)> make;
    ShapeTexts shape;
    ChangeSigner signer = {};
    std::string dead_topic;
    bool keeps_dead_messages = false;  // this is the node that puts aside what is no change
    bool shows_joined_rows = false;    // to other programs, which read the messages as well
    bool reads_own_changes = false;    // of other nodes there are none: see OwnChanges
    std::optional<ForeignOptions> foreign = {};  // absent: other programs' messages are passed over
    std::optional<ForeignCallOptions> calls = {};  // instead, where their messages are calls
    PublisherOptions publishing = {};
    BrokerReaderOptions reading = {};
};

struct BrokerLinkParts {
    const model::Schema& schema;
    commit::Committer& committer;
    commit::Progress& progress;
    store::LogReader& log;  // on `executor`, both
    store::RowReader& rows;
    peers::Peers& peers;
    Clock& clock;
    ChangeIntake& intake;  // gets the changes of others
    asio::any_io_executor executor;
};

// On `executor`, but where another thread is named.
class BrokerLink {
public:
    BrokerLink(const BrokerLinkParts& parts, const BrokerLinkOptions& options);
    ~BrokerLink();  // when its tasks have ended: tells the broker how far this node has come

    void start(TaskGroup& tasks);

    // Whether this process of the node publishes its changes; the intake says whether it reads.
    void lead(bool on) { publisher_.lead(on); }
    // Reading begins again with the oldest message that is there: see BrokerReader.
    void begin_anew(const model::Dot& gap);
    // True where nothing comes from there that the store lacks.
    bool has_read_all() const { return own_ || reader_.has_read_all(); }
    // Into its topic again: a message that had been put aside.
    Task<void> send_again(Message message);

    // From any thread: a row that a replica's database refuses. Where other programs read the
    // changes, its message becomes a dead letter.
    void put_aside_row(model::RecordRef record, std::string why);
    // From any thread: rows that were joined, and that other programs have not seen.
    void show_joined(std::vector<model::RecordRef> records);
    // From any thread.
    BrokerReport report() const;

private:
    asio::awaitable<void> keep_refused(model::RecordRef record, std::string why);

    commit::Progress& progress_;
    store::RowReader& rows_;
    Clock& clock_;
    TaskGroup* tasks_ = nullptr;  // from start() on
    const asio::any_io_executor executor_;
    const std::unique_ptr<Broker> broker_;  // feeds and sinks end before it
    const MessageShape shape_;
    const ChangeSigner signer_;
    DeadMessages dead_;
    Publisher publisher_;
    const std::unique_ptr<OwnChanges> own_;           // where no others come
    const std::unique_ptr<JoinedRows> joined_rows_;   // where other programs read the messages
    const std::unique_ptr<ForeignMessages> foreign_;  // where they write records …
    const std::unique_ptr<ForeignCalls> calls_;       // … or describe calls
    BrokerReader reader_;
};

}  // namespace reef::brokers
