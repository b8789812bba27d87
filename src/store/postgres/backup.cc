#include "store/backup.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <future>

#include "store/columns.hpp"
#include "store/part_file.hpp"
#include "store/postgres/adopt/capture.hpp"
#include "store/postgres/dump.hpp"
#include "store/postgres/instance_lease.hpp"
#include "store/postgres/schema.hpp"

namespace reef::store {

namespace {

using postgres::Answers;
using postgres::Commands;
using postgres::Connection;
using postgres::ConnectionOptions;
using postgres::DumpTools;

// A database, for one command of an operator: its session ends with this.
class Session {
public:
    static Result<std::unique_ptr<Session>> open(const StoreOptions& store) {
        if (auto good = postgres::check_url(store.url); !good) return good.error();
        auto session = std::make_unique<Session>();
        ConnectionOptions options{.url = store.url, .name = "atoll " + store.node + " backup"};
        auto connection = session->result_of(
            Connection::open(session->context_.get_executor(), std::move(options)));
        if (!connection) return connection.error();
        session->connection_ = std::move(*connection);
        return session;
    }

    ~Session() {
        if (connection_) connection_->close();
    }

    Result<Answers> ask(Commands commands) {
        return result_of(connection_->run(std::move(commands)));
    }

    // The first column of the first row; "" when there is none.
    Result<std::string> ask_one(const std::string& sql) {
        Commands commands;
        commands.push_back({sql, {}, false});
        const auto answers = ask(std::move(commands));
        if (!answers) return answers.error();
        const auto& first = answers->front();
        return first.rows() > 0 ? std::string{first.text(0, 0)} : "";
    }

private:
    // The connection may go on waiting for its socket: only this task is run to its end.
    template <class T>
    Result<T> result_of(Task<T> task) {
        auto result = asio::co_spawn(context_, std::move(task), asio::use_future);
        context_.restart();
        while (result.wait_for(std::chrono::seconds{0}) != std::future_status::ready)
            context_.run_one();
        return result.get();
    }

    asio::io_context context_;
    std::shared_ptr<Connection> connection_;
};

Result<DumpTools> tools_for(Session& session, const StoreOptions& store) {
    const auto number = session.ask_one("SHOW server_version_num");
    if (!number) return number.error();
    const std::string version = std::to_string(std::atoi(number->c_str()) / 10'000);
    const auto folder = postgres_programs("pg_dump", version);
    if (!folder) return folder.error();
    return DumpTools{*folder, postgres::environment_of(store.url)};
}

Result<CopyContents> contents_of(const Schema& schema, const std::string& node,
                                 const DumpTools& tools, const std::string& file,
                                 const std::string& where) {
    const auto head = postgres::read_dump(tools, file);
    if (!head) return head.error();
    if (auto good = check_facts(schema, node, head->facts, postgres::format, where); !good)
        return good.error();
    const auto batch = postgres::batch_row_from(schema, head->ledger, head->digests);
    if (!batch) return Error{Errc::invalid, where + ": " + batch.error().what};
    CopyContents contents;
    contents.origin = batch->ledger.self;
    contents.position = batch->ledger.received();
    for (const auto& [resource, sums] : batch->ledger.digests)
        contents.records += sums.rows;
    contents.bytes = std::filesystem::file_size(file);
    return contents;
}

// Neither a node that runs nor one that is just starting.
Result<void> lock_out_nodes(Session& session, const std::string& where) {
    const auto starting = session.ask_one(postgres::try_prepare_lock_sql);
    if (!starting) return starting.error();
    const auto free = session.ask_one(postgres::take_lease_sql);
    if (!free) return free.error();
    if (*starting == "t" && *free == "t") return {};
    return Error{Errc::unavailable, where + " is in use by the node: stop it first"};
}

Result<StoreFacts> facts_there(Session& session) {
    StoreFacts facts;
    const auto ours = session.ask_one("SELECT to_regclass('public.atoll_meta') IS NOT NULL");
    if (!ours) return ours.error();
    if (*ours != "t") return facts;
    Commands commands;
    commands.push_back({"SELECT name, value FROM public.atoll_meta", {}, false});
    const auto answers = session.ask(std::move(commands));
    if (!answers) return answers.error();
    const auto& all = answers->front();
    for (int row = 0; row < all.rows(); ++row)
        facts.emplace(all.text(row, 0), all.text(row, 1));
    return facts;
}

// Tables that Atoll made after the copy was taken, for resources that were new then: the copy says
// nothing of them, and the next start would take them for another program's.
Result<void> drop_newer_tables(Session& session, const Schema& schema, const StoreFacts& before) {
    const auto now = facts_there(session);
    if (!now) return now.error();
    for (const Resource& resource : schema.resources) {
        const std::string name = "table." + resource.name;
        const bool newer = before.contains(name) && !now->contains(name) &&
                           !before.contains("taken." + resource.name);
        if (!newer) continue;
        for (const std::string& table :
             {resource.table, tombstones_of(resource), postgres::captures_of(resource)}) {
            const auto done = session.ask_one("DROP TABLE IF EXISTS public." + quoted_name(table));
            if (!done) return done.error();
        }
    }
    return {};
}

Result<bool> keep(const DumpTools& tools, const std::string& as) {
    std::error_code none;
    std::filesystem::create_directories(std::filesystem::path{as}.parent_path(), none);
    auto part = PartFile::begin(as);
    if (!part) return part.error();
    if (auto done = postgres::dump(tools, part->path()); !done) {
        return Error{
            done.error().code,
            "what is there cannot be kept (--force restores all the same): " + done.error().what};
    }
    if (auto done = part->finish(); !done) return done.error();
    return true;
}

}  // namespace

Result<CopyContents> back_up_postgres(const Schema& schema, const StoreOptions& store,
                                      const BackupOptions& options) {
    if (auto free = check_name(options); !free) return free.error();
    const auto session = Session::open(store);
    if (!session) return session.error();
    const auto tools = tools_for(**session, store);
    if (!tools) return tools.error();
    auto part = PartFile::begin(options.copy);
    if (!part) return part.error();
    if (auto done = postgres::dump(*tools, part->path()); !done) return done.error();
    const std::string where = "the database " + postgres::place_of(store.url);
    auto contents = contents_of(schema, store.node, *tools, part->path(), where);
    if (!contents) return contents;
    if (auto done = part->finish(); !done) return done.error();
    return contents;
}

Result<Restored> restore_postgres(const Schema& schema, const StoreOptions& store,
                                  const RestoreOptions& options) {
    const auto session = Session::open(store);
    if (!session) return session.error();
    const auto tools = tools_for(**session, store);
    if (!tools) return tools.error();
    Restored restored;
    auto contents = contents_of(schema, store.node, *tools, options.copy, options.copy);
    if (!contents) return contents.error();
    restored.contents = *contents;
    const std::string where = "the database " + postgres::place_of(store.url);
    if (auto locked = lock_out_nodes(**session, where); !locked) return locked.error();
    const auto before = facts_there(**session);
    if (!before) return before.error();
    if (!before->empty() && !options.keep_as.empty()) {
        const auto kept = keep(*tools, options.keep_as);
        if (!kept) return kept.error();
        restored.kept = *kept;
    }
    if (auto done = postgres::load_dump(*tools, options.copy); !done) return done.error();
    if (auto done = drop_newer_tables(**session, schema, *before); !done) return done.error();
    return restored;
}

}  // namespace reef::store
