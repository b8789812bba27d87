#include "api/router.hpp"

#include <gtest/gtest.h>

#include "config_fixture.hpp"

namespace reef::api {
namespace {

using http::Method;

Router router_of(const std::string& app) {
    const auto loaded = config::load_app(config::shipped(app), config::environment(),
                                         {.node = "", .whole_app = true});
    return Router{api::operations_of(loaded.app->schema, loaded.app->api), loaded.app->api};
}

const Router& listing() {
    static const Router router = router_of("property-listing.toml");
    return router;
}
const Router& logistics() {
    static const Router router = router_of("logistics.toml");
    return router;
}
const Router& products() {
    static const Router router = router_of("products.toml");
    return router;
}

// "getProperty 10", "405 GET, HEAD, PUT, PATCH, DELETE" or "404".
std::string match(const Router& router, Method method, std::string_view path) {
    const Route route = router.match(method, path);
    if (!route.operation) return route.allow.empty() ? "404" : "405 " + route.allow;
    EXPECT_EQ(route.allow, "");
    return route.operation->id + (route.parameter.empty() ? "" : ' ' + route.parameter);
}

struct Case {
    Method method;
    std::string_view path;
    std::string_view wanted;
};

void expect(const Router& router, const std::vector<Case>& cases) {
    for (const Case& one : cases) {
        EXPECT_EQ(match(router, one.method, one.path), one.wanted)
            << http::name_of(one.method) << ' ' << one.path;
    }
}

TEST(Router, FindsEachOperationUnderEachRegion) {
    expect(listing(), {{Method::get, "/us/properties", "listProperties"},
                       {Method::post, "/eu/properties", "createProperty"},
                       {Method::get, "/eu/properties/10", "getProperty 10"},
                       {Method::put, "/us/properties/10", "updateProperty 10"},
                       {Method::remove, "/us/properties/10", "deleteProperty 10"},
                       {Method::get, "/us/health", "getHealth"},
                       {Method::get, "/eu/replication-lag", "getReplicationLag"}});
}

TEST(Router, FindsTheSameWithoutTheRegion) {
    expect(listing(), {{Method::get, "/properties", "listProperties"},
                       {Method::post, "/properties", "createProperty"},
                       {Method::get, "/properties/10", "getProperty 10"},
                       {Method::put, "/properties/10", "updateProperty 10"},
                       {Method::remove, "/properties/10", "deleteProperty 10"},
                       {Method::get, "/health", "getHealth"},
                       {Method::get, "/replication-lag", "getReplicationLag"}});
}

TEST(Router, KnowsNoOtherRegion) {
    expect(listing(), {{Method::get, "/xx/properties", "404"},
                       {Method::get, "/xx/properties/10", "404"},
                       {Method::post, "/xx/properties", "404"},
                       {Method::get, "/xx/health", "404"},
                       {Method::get, "/US/health", "404"},
                       {Method::get, "/us%2F/health", "404"},
                       {Method::get, "/{region}/health", "404"},
                       {Method::get, "/us/eu/health", "404"}});
}

TEST(Router, PassesOverOneSlashAtTheEnd) {
    expect(listing(), {{Method::get, "/us/properties/", "listProperties"},
                       {Method::post, "/us/properties/", "createProperty"},
                       {Method::get, "/us/properties/10/", "getProperty 10"},
                       {Method::get, "/us/health/", "getHealth"},
                       {Method::get, "/docs/", "getDocs"}});
    expect(logistics(), {{Method::get, "/api/v1/warehouses/", "listWarehouses"},
                         {Method::get, "/api/v1/warehouses", "listWarehouses"},
                         {Method::put, "/api/v1/shipments/17/", "updateShipment 17"}});
}

TEST(Router, RefusesEmptyParts) {
    expect(listing(), {{Method::get, "/", "404"},
                       {Method::get, "", "404"},
                       {Method::get, "//", "404"},
                       {Method::get, "//health", "404"},
                       {Method::get, "/us//properties", "404"},
                       {Method::get, "//us/properties", "404"},
                       {Method::get, "/us/properties//", "404"},
                       {Method::get, "/us/properties//10", "404"},
                       {Method::get, "/us/health//", "404"},
                       {Method::get, "/docs//", "404"}});
}

TEST(Router, RefusesPathsThatAreTooLong) {
    expect(listing(), {{Method::get, "/us/properties/10/more", "404"},
                       {Method::get, "/a/b/c/d/e/f/g/h", "404"},
                       {Method::get, "/a/b/c/d/e/f/g/h/i", "404"},
                       {Method::get, "/us/properties/10/a/b/c/d/e/f/g", "404"}});
}

TEST(Router, RefusesWhatIsNoPath) {
    expect(listing(), {{Method::options, "*", "404"},
                       {Method::get, "us/properties", "404"},
                       {Method::get, "xus/properties", "404"}});
}

TEST(Router, DecodesTheParameter) {
    expect(products(), {{Method::get, "/api/products/a%20b", "getProduct a b"},
                        {Method::get, "/api/products/a%2Fb", "getProduct a/b"},
                        {Method::get, "/api/products/a%2fb", "getProduct a/b"},
                        {Method::get, "/api/products/%C3%A9", "getProduct \xC3\xA9"},
                        {Method::get, "/api/products/a+b", "getProduct a+b"},
                        {Method::get, "/api/products/%25", "getProduct %"},
                        {Method::get, "/api/products/%2525", "getProduct %25"},
                        {Method::get, "/api/products/..", "getProduct .."}});
    expect(listing(), {{Method::get, "/us/properties/%31%30", "getProperty 10"},
                       {Method::get, "/us/properties/x", "getProperty x"},
                       {Method::get, "/us/properties/-1", "getProperty -1"}});
    const Route route = products().match(Method::get, "/api/products/a%00b");
    EXPECT_EQ(route.parameter, std::string("a\0b", 3));
}

TEST(Router, TakesNeedlesslyEncodedPartsForWhatTheyAre) {
    expect(listing(), {{Method::get, "/%75s/propert%69es/10", "getProperty 10"},
                       {Method::get, "/u%73/health", "getHealth"},
                       {Method::get, "/us%2Fproperties", "404"},
                       {Method::get, "/us/properties%2F10", "404"}});
}

TEST(Router, RefusesBrokenPercentEncoding) {
    expect(products(), {{Method::get, "/api/products/%", "404"},
                        {Method::get, "/api/products/%4", "404"},
                        {Method::get, "/api/products/a%", "404"},
                        {Method::get, "/api/products/%zz", "404"},
                        {Method::get, "/api/products/%4g", "404"},
                        {Method::put, "/api/products/%%", "404"},
                        {Method::get, "/ap%/products", "404"}});
}

TEST(Router, TellsALookUpFromAKey) {
    expect(logistics(),
           {{Method::get, "/api/v1/shipments/tracking/TRK-1", "getShipmentByTracking TRK-1"},
            {Method::get, "/api/v1/shipments/tracking/7", "getShipmentByTracking 7"},
            {Method::get, "/api/v1/shipments/tracking/a%2Fb", "getShipmentByTracking a/b"},
            {Method::get, "/api/v1/shipments/tracking", "getShipment tracking"},
            {Method::get, "/api/v1/shipments/tracking/", "getShipment tracking"},
            {Method::get, "/api/v1/warehouses/tracking/7", "404"},
            {Method::put, "/api/v1/shipments/tracking/7", "405 GET, HEAD"}});
}

TEST(Router, KeepsToThePathOfTheApp) {
    expect(logistics(), {{Method::get, "/warehouses", "404"},
                         {Method::get, "/v1/warehouses", "404"},
                         {Method::get, "/api/v2/warehouses", "404"},
                         {Method::get, "/health", "getHealth"},
                         {Method::get, "/api/v1/health", "404"},
                         {Method::get, "/A/health", "404"}});
}

TEST(Router, AnswersHeadWhereItAnswersGet) {
    expect(listing(), {{Method::head, "/us/properties/10", "getProperty 10"},
                       {Method::head, "/us/properties", "listProperties"},
                       {Method::head, "/metrics", "getMetrics"},
                       {Method::head, "/xx/properties", "404"}});
}

TEST(Router, SaysWhichMethodsAPathHas) {
    const std::string_view list = "405 GET, HEAD, POST";
    const std::string_view one = "405 GET, HEAD, PUT, PATCH, DELETE";
    expect(listing(), {{Method::put, "/us/properties", list},
                       {Method::remove, "/properties/", list},
                       {Method::options, "/us/properties", list},
                       {Method::other, "/us/properties", list},
                       {Method::post, "/us/properties/10", one},
                       {Method::post, "/properties/10", one},
                       {Method::other, "/us/properties/10", one},
                       {Method::post, "/us/health", "405 GET, HEAD"},
                       {Method::post, "/health", "405 GET, HEAD"},
                       {Method::remove, "/openapi.json", "405 GET, HEAD"},
                       {Method::post, "/docs", "405 GET, HEAD"},
                       {Method::post, "/docs/swagger-ui.css", "405 GET, HEAD"}});
}

TEST(Router, FindsWhatEveryProcessHas) {
    for (const Router* router : {&listing(), &logistics(), &products()}) {
        expect(*router, {{Method::get, "/livez", "getLiveness"},
                         {Method::get, "/readyz", "getReadiness"},
                         {Method::get, "/metrics", "getMetrics"},
                         {Method::get, "/openapi.json", "getOpenapi"},
                         {Method::get, "/docs", "getDocs"},
                         {Method::get, "/docs/swagger-ui.css", "getDocsAsset swagger-ui.css"},
                         {Method::get, "/docs/../openapi.json", "404"},
                         {Method::get, "/docs/a%2F..%2Fb", "getDocsAsset a/../b"},
                         {Method::get, "/us/livez", "404"},
                         {Method::get, "/us/metrics", "404"},
                         {Method::get, "/us/docs", "404"},
                         {Method::get, "/us/openapi.json", "404"}});
    }
}

}  // namespace
}  // namespace reef::api
