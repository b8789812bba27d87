#include "brokers/broker_link.hpp"

#include <boost/asio/post.hpp>

#include "base/hash.hpp"

namespace reef::brokers {

namespace {

std::unique_ptr<JoinedRows> make_joined_rows(const BrokerLinkParts& parts, bool shows,
                                             const MessageShape& shape, Broker& broker) {
    if (!shows) return nullptr;
    return std::make_unique<JoinedRows>(
        JoinedRowsParts{parts.progress, parts.rows, parts.peers, parts.clock, shape, broker});
}

std::unique_ptr<OwnChanges> make_own(const BrokerLinkParts& parts, bool reads_own) {
    return reads_own ? std::make_unique<OwnChanges>(parts.intake, parts.progress) : nullptr;
}

std::unique_ptr<ForeignMessages> make_foreign(const BrokerLinkParts& parts,
                                              const std::optional<ForeignOptions>& options,
                                              const MessageShape& shape, DeadMessages& dead) {
    if (!options) return nullptr;
    return std::make_unique<ForeignMessages>(
        ForeignParts{shape, parts.committer, parts.progress, parts.peers, parts.clock, dead},
        *options);
}

std::unique_ptr<ForeignCalls> make_calls(const BrokerLinkParts& parts,
                                         const std::optional<ForeignCallOptions>& options,
                                         DeadMessages& dead) {
    if (!options) return nullptr;
    return std::make_unique<ForeignCalls>(*options, dead, parts.progress, parts.clock);
}

}  // namespace

BrokerLink::BrokerLink(const BrokerLinkParts& parts, const BrokerLinkOptions& options)
    : progress_(parts.progress),
      rows_(parts.rows),
      clock_(parts.clock),
      executor_(parts.executor),
      broker_(options.make(parts.executor)),
      shape_(parts.schema, options.shape),
      signer_(options.signer),
      dead_({parts.committer, *broker_, options.dead_topic, options.keeps_dead_messages}),
      publisher_(
          {parts.schema, parts.committer, parts.progress, parts.log, parts.clock, shape_, signer_},
          broker_->open_sink(shape_.topics()), options.publishing),
      own_(make_own(parts, options.reads_own_changes)),
      joined_rows_(make_joined_rows(parts, options.shows_joined_rows, shape_, *broker_)),
      foreign_(make_foreign(parts, options.foreign, shape_, dead_)),
      calls_(make_calls(parts, options.calls, dead_)),
      reader_({parts.progress, parts.peers, parts.clock, *broker_, own_ ? *own_ : parts.intake,
               dead_, foreign_.get(), calls_.get(), signer_},
              options.reading) {}

BrokerLink::~BrokerLink() = default;

void BrokerLink::start(TaskGroup& tasks) {
    tasks_ = &tasks;
    tasks.start("publisher", publisher_.run());
    tasks.start("broker reader", reader_.run());
    tasks.start("acknowledge", reader_.acknowledge());
    if (foreign_) tasks.start("foreign", foreign_->run());
    if (calls_) tasks.start("foreign calls", calls_->run());
    if (joined_rows_) tasks.start("joined rows", joined_rows_->run());
}

void BrokerLink::begin_anew(const model::Dot& gap) {
    reader_.begin_anew(gap);
}

Task<void> BrokerLink::send_again(Message message) {
    co_return co_await dead_.send_again(std::move(message));
}

void BrokerLink::put_aside_row(model::RecordRef record, std::string why) {
    if (!own_) return;
    asio::post(executor_, [this, record = std::move(record), why = std::move(why)] {
        if (tasks_) tasks_->start("refused row", keep_refused(record, why));
    });
}

asio::awaitable<void> BrokerLink::keep_refused(model::RecordRef record, std::string why) {
    constexpr std::chrono::seconds pause{1};
    for (;;) {
        auto row = co_await rows_.get(record);
        Result<void> done;
        if (!row) done = row.error();
        const bool known = row && *row;
        const std::vector<Message> messages =
            known ? shape_.row_messages(**row) : std::vector<Message>{};
        for (const Message& message : messages) {
            Arrived refused{message, message.topic, hash_of(message.body).low >> 1};
            std::string reason = why;
            done = co_await dead_.put_aside(std::move(refused), std::move(reason));
            if (!done) break;
        }
        if (done) co_return;
        Result<void> slept = co_await clock_.sleep(pause);
        if (!slept) co_return;  // stopping
    }
}

void BrokerLink::show_joined(std::vector<model::RecordRef> records) {
    if (!joined_rows_) return;
    asio::post(executor_, [this, records = std::move(records)] { joined_rows_->add(records); });
}

BrokerReport BrokerLink::report() const {
    const BrokerReaderCounts& counts = reader_.counts();
    BrokerReport report;
    report.publishing = publisher_.connected();
    report.confirmed = publisher_.confirmed();
    if (publisher_.leads()) report.unpublished = progress_.ledger()->seq() - report.confirmed;
    report.reading = counts.reading;
    report.arrived = counts.arrived;
    report.put_aside = dead_.count();
    report.not_signed = counts.not_signed;
    report.foreign = counts.foreign;
    report.trouble = publisher_.trouble();
    if (report.trouble.empty()) report.trouble = reader_.trouble();
    report.imported = foreign_ ? foreign_->imported() : calls_ ? calls_->executed() : 0;
    return report;
}

}  // namespace reef::brokers
