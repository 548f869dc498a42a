import type { Schemas } from "../../api/client";
import { ProblemError, problemOf } from "../../api/problem";
import { session } from "../../session/session";

/** Sends a file; `fetch` would not tell how far it is. */
export function upload(producer: string, file: File, told: (share: number) => void): Promise<Schemas["Uploaded"]> {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open("PUT", `/v1/files/${encodeURIComponent(producer)}/${encodeURIComponent(file.name)}`);
    asked.responseType = "json";
    const token = session.token();
    if (token !== null) asked.setRequestHeader("Authorization", `Bearer ${token}`);
    asked.setRequestHeader("Content-Type", "application/octet-stream");
    asked.upload.onprogress = ({ loaded, total }) => told(total ? loaded / total : 0);
    asked.onerror = () => reject(new TypeError("the API does not answer"));
    asked.onload = () => {
      if (asked.status === 201) return resolve(asked.response as Schemas["Uploaded"]);
      if (asked.status === 401 && token === session.token()) session.end();
      reject(new ProblemError(problemOf(asked.status, asked.response)));
    };
    asked.send(file);
  });
}
