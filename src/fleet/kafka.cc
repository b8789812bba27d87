#include "fleet/kafka.hpp"

#include <filesystem>
#include <fstream>

#include "base/program.hpp"

namespace reef::fleet {

namespace {

namespace fs = std::filesystem;

// Nodes create their topics themselves; a misspelt name must not create one. With the short
// session timeout, the controller accepts a restarted broker soon after the old one was killed.
constexpr const char* settings = R"(process.roles=broker,controller
node.id=1
auto.create.topics.enable=false
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=4
)";

// Formats the data folder once. The folder does not depend on the broker's port.
constexpr const char* format_script = R"(
[ ! -e "$1/data/meta.properties" ] || exit 0
shift
exec "$@"
)";
constexpr const char* cluster_id = "AtollOnOneMachine00000";

std::vector<std::string> java_command(const std::string& java, const fs::path& jars) {
    const std::string log = "-Dorg.slf4j.simpleLogger.";
    return {java,
            "-Xms64m",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Xshare:auto",
            log + "defaultLogLevel=warn",
            log + "log.kafka.server.KafkaRaftServer=info",  // says that it serves
            log + "showDateTime=true",
            log + "dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
            "-cp",
            jars.string() + "/*"};
}

bool has_kafka(const fs::path& jars) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator{jars, none}) {
        if (entry.path().filename().string().starts_with("kafka_")) return true;
    }
    return false;
}

Result<void> make_folder(const fs::path& folder, std::uint16_t port, std::uint16_t controller) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) return Error{Errc::unavailable, folder.string() + ": " + failed.message()};
    const std::string broker = "PLAINTEXT://127.0.0.1:" + std::to_string(port);
    const std::string quorum = "127.0.0.1:" + std::to_string(controller);
    std::ofstream file{folder / "server.properties"};
    file << settings << "listeners=" << broker << ",CONTROLLER://" << quorum << '\n'
         << "advertised.listeners=" << broker << '\n'
         << "controller.quorum.voters=1@" << quorum << '\n'
         << "log.dirs=" << (folder / "data").string() << '\n';
    file.close();
    if (file) return {};
    return Error{Errc::unavailable, (folder / "server.properties").string() + ": can't be written"};
}

}  // namespace

Result<BackingService> kafka_service(const KafkaOptions& options) {
    const fs::path jars = fs::path{options.program}.parent_path().parent_path() / "build/kafka";
    const auto java = find_program("java");
    if (!java) {
        return Error{Errc::unavailable, "Kafka needs Java: " + java.error().what +
                                            ": apt-get install default-jre-headless (on Debian; "
                                            "or tools/install full)"};
    }
    if (!has_kafka(jars)) {
        return Error{Errc::unavailable, "Kafka is not installed in " + jars.string() +
                                            ": tools/install full fetches it"};
    }
    BackingService service;
    service.member.name = "kafka";
    service.member.tier = Tier::backing;
    service.port = options.port;
    const fs::path folder = fs::absolute(fs::path{options.data} / "kafka");
    const std::string properties = (folder / "server.properties").string();
    service.folder = folder.string();
    service.make_folder = [folder, options] {
        return make_folder(folder, options.port, options.controller_port);
    };
    auto& arguments = service.member.command.arguments;
    arguments = java_command(*java, jars);
    auto& prepare = service.member.preparation.arguments;
    prepare = {"sh", "-c", format_script, "sh", service.folder};
    prepare.insert(prepare.end(), arguments.begin(), arguments.end());
    prepare.insert(prepare.end(), {"kafka.tools.StorageTool", "format", "-t", cluster_id, "-c",
                                   properties, "--ignore-formatted"});
    arguments.insert(arguments.end(), {"kafka.Kafka", properties});
    service.member.ready_mark = "Kafka Server started";
    const std::string address = "127.0.0.1:" + std::to_string(options.port);
    service.variables = {{"KAFKA_BROKER", address}};
    service.show_command = "kcat -b " + address + " -t " + options.topic + " -C -e -f '%k %s\\n'";
    return service;
}

}  // namespace reef::fleet
