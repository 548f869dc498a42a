import { useQuery } from "@tanstack/react-query";
import { instant } from "../../format/dates";
import { Heading } from "../../parts/Card";
import { Files } from "./Files";
import { Producers } from "./Producers";
import { producers } from "./questions";
import { Upload } from "./Upload";

/** Who delivers what, how fresh it is, and what became of it. */
export function DataScreen() {
  const at = useQuery(producers).data?.at;
  return (
    <>
      <Heading title="Data">{at && `as of ${instant(at)}`}</Heading>
      <div className="space-y-4">
        <Producers />
        <Upload />
        <Files />
      </div>
    </>
  );
}
