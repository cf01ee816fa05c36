"""A client of the entities dialect that knows nothing of the server's code."""

import json
from dataclasses import dataclass
from typing import Any

from tests.sandbox.sandbox_client import Answer, Client

ROOT = "/api/v2"
CASES = f"{ROOT}/entities/Case"
NOTES = f"{ROOT}/entities/Note"
MAIN_QUEUE = 21924332416
OTHER_QUEUE = 21924332417
TOKEN_HEADERS = ("access-token", "client", "uid")


@dataclass(frozen=True)
class CaseAnswer(Answer):
    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def errors(self) -> list[str]:
        return self.json["errors"]

    @property
    def tokens(self) -> dict[str, str]:
        """The request headers that this sign-in brought."""
        return {name: self.headers[name] for name in TOKEN_HEADERS}


def filter_by(operator: str = "equals", **values: Any) -> str:
    conditions = [{"name": n, "value": v, "operator": operator} for n, v in values.items()]
    return json.dumps([{"operator": "all", "conditions": conditions}])


class CaseClient(Client):
    def credentials(self, path: str) -> dict[str, str]:
        return super().credentials(path) if path.startswith("/_sandbox/") else {}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> CaseAnswer:
        answer = super().ask(method, path, body, **headers)
        return CaseAnswer(answer.status, answer.headers, answer.body)

    def get(self, path: str, **params: Any) -> CaseAnswer:
        answer = super().get(path, **params)
        assert isinstance(answer, CaseAnswer)
        return answer

    def sign_in(self, email: Any = None, password: Any = None) -> CaseAnswer:
        body = {
            "email": self.sandbox.email if email is None else email,
            "password": self.sandbox.password if password is None else password,
        }
        return self.ask("POST", f"{ROOT}/auth/sign_in", body)

    def me(self, tokens: dict[str, str] | None = None) -> CaseAnswer:
        if tokens is None:
            return self.get(f"{ROOT}/me")
        return CaseClient(self.sandbox, tokens).get(f"{ROOT}/me")

    def sign_out(self, tokens: dict[str, str]) -> CaseAnswer:
        return CaseClient(self.sandbox, tokens).ask("DELETE", f"{ROOT}/auth/sign_out")

    def cases(self, **params: Any) -> CaseAnswer:
        return self.get(CASES, **params)

    def rows(self, **params: Any) -> list[dict[str, Any]]:
        return self.cases(**params).json["results"]

    def listed_ids(self, **params: Any) -> list[str]:
        return [str(row["id"]) for row in self.rows(**params)]

    def case(self, case_id: str) -> CaseAnswer:
        return self.get(f"{CASES}/{case_id}")

    def fields(self, case_id: str) -> dict[str, Any]:
        return self.case(case_id).json["fields"]

    def patch(self, ticket_id: str, **fields: Any) -> CaseAnswer:
        return self.ask("PATCH", f"{CASES}/{ticket_id}", {"fields": fields})

    def note(self, ticket_id: str, content: str = "On site at 10", **headers: str) -> CaseAnswer:
        body = {
            "entity_type": "Case",
            "entity_id": int(ticket_id),
            "subtitle": content,
            "public_note": False,
        }
        return self.ask("POST", NOTES, body, **headers)

    def events(self, case_id: str, **params: Any) -> CaseAnswer:
        asked = {"expand_conversations": "false", "page": 1, "sort": "id DESC", **params}
        return self.get(f"{CASES}/{case_id}/events", **asked)
