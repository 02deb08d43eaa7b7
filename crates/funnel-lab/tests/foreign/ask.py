"""Asks NRQL through a stock GraphQL client, which reads the schema first and checks each query against it."""

import os

from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from graphql import GraphQLError

transport = RequestsHTTPTransport(url=os.environ["PAGE"] + "graphql")
client = Client(transport=transport, fetch_schema_from_transport=True)

QUERY = gql("""
    query Ask($account: Int!, $nrql: Nrql!, $window: Boolean!) {
      actor {
        account(id: $account) {
          id
          one: nrql(query: $nrql) {
            results
            metadata @include(if: $window) { timeWindow { begin end } }
            rawResponse @skip(if: $window)
          }
        }
        nrql(accounts: [$account], query: $nrql) { results nrql }
      }
    }
""")

values = {"account": 7, "nrql": "SELECT count(*) FROM InstantFunnel", "window": True}
with client as session:
    answer = session.execute(QUERY, variable_values=values)["actor"]
    assert answer["account"]["id"] == 7, answer
    one = answer["account"]["one"]
    assert one["results"] == answer["nrql"]["results"] == [{"count": int(os.environ["COUNT"])}], answer
    assert isinstance(one["metadata"]["timeWindow"]["begin"], int) and "rawResponse" not in one, one
    answer = session.execute(QUERY, variable_values={**values, "window": False})["actor"]
    assert "metadata" not in answer["account"]["one"] and answer["account"]["one"]["rawResponse"], answer

    names = {kind for kind in client.schema.type_map if kind.startswith("Nr")}
    assert {"Nrql", "NrdbResultContainer", "NrdbMetadata", "NrdbResult"} <= names, names

    try:
        session.execute(QUERY, variable_values={**values, "nrql": "SELECT count(*) FORM InstantFunnel"})
        raise SystemExit("a fault in a query is no error of the client")
    except TransportQueryError as error:
        assert error.errors[0]["path"] == ["actor", "account", "one"], error.errors
        assert "FORM" in error.errors[0]["message"], error.errors

    try:
        session.execute(gql("{ actor { account(id: 1) { nrql(query: \"x\") { nosuch } } } }"))
        raise SystemExit("an unknown field passes the schema")
    except GraphQLError as error:
        assert "nosuch" in str(error)
