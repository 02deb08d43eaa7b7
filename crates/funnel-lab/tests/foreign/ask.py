"""Asks the lab through gql, a stock GraphQL client: it reads the schema by introspection and checks each document against
it before it is sent. An unexpected answer ends it with 1."""

import os

from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport

transport = RequestsHTTPTransport(url=os.environ["PAGE"] + "graphql")
client = Client(transport=transport, fetch_schema_from_transport=True)

document = gql("""
    query Ask($account: Int!, $nrql: Nrql!, $raw: Boolean = false, $window: Boolean!) {
      __typename
      actor {
        account(id: $account) {
          here: nrql(query: $nrql) { ...Answer rawResponse @include(if: $raw) }
        }
        everywhere: nrql(accounts: [1, 2], query: $nrql) {
          __typename
          results
          metadata { timeWindow @skip(if: $window) { begin } }
        }
      }
    }
    fragment Answer on NrdbResultContainer { __typename nrql results metadata { eventTypes } }
""")
nrql = "SELECT count(*) FROM InstantFunnel"
count = int(os.environ["COUNT"])
with client as session:
    got = session.execute(document, variable_values={"account": 42, "nrql": nrql, "window": True})
    assert got == {
        "__typename": "RootQueryType",
        "actor": {
            "account": {
                "here": {
                    "__typename": "NrdbResultContainer",
                    "nrql": nrql,
                    "results": [{"count": count}],
                    "metadata": {"eventTypes": ["InstantFunnel"]},
                }
            },
            "everywhere": {
                "__typename": "CrossAccountNrdbResultContainer",
                "results": [{"count": count}],
                "metadata": {},
            },
        },
    }, got
    got = session.execute(document, variable_values={"account": 1, "nrql": nrql, "raw": True, "window": False})
    assert got["actor"]["account"]["here"]["rawResponse"]["results"] == [{"count": count}], got
    assert got["actor"]["everywhere"]["metadata"]["timeWindow"]["begin"] > 0, got
    try:
        session.execute(document, variable_values={"account": 1, "nrql": "SELECT count(*) FORM X", "window": True})
        raise SystemExit("a query that is no NRQL was answered")
    except TransportQueryError as error:
        paths = [one["path"] for one in error.errors]
        assert paths == [["actor", "account", "here"], ["actor", "everywhere"]], error.errors
        assert error.errors[0]["message"].startswith("NRQL Syntax Error"), error.errors
        assert error.errors[0]["locations"], error.errors
        assert error.data["actor"] == {"account": {"here": None}, "everywhere": None}, error.data
names = {kind["name"] for kind in client.introspection["__schema"]["types"]}
assert {"Actor", "Account", "NrdbResultContainer", "Nrql"} <= names, names
