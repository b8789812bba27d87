#include "config/unbuilt.hpp"

namespace reef::config {

namespace {

std::string_view name_of(Unbuilt feature) {
    switch (feature) {
        case Unbuilt::change_queues:
            return "RabbitMQ queues for some changes only in an app of several nodes";
        case Unbuilt::partial_replication:
            return "replication to some nodes only";
    }
    return "";
}

}  // namespace

void refuse_unbuilt(const Scope& scope, Unbuilt feature, Location at, const std::string& remedy) {
    scope.mistake(
        at, "this version of Atoll has no " + std::string{name_of(feature)} + " yet: " + remedy);
}

void refuse_unbuilt(const Scope& scope, Unbuilt feature, const Text& text,
                    const std::string& remedy) {
    const bool given = !text.variables.empty();
    refuse_unbuilt(scope, feature, text.at, given ? "unset " + listed(text.variables) : remedy);
}

}  // namespace reef::config
