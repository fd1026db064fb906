//! Uploaded files in a bucket of an S3 server. Needs the feature `s3` and moto, a server for tests; `./test` has both.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use serde_json::json;

use crate::world::{
    Setup, World,
    http::{Field, Request},
    with,
};

/// What the tests' own requests name as their key: moto keeps objects from anonymous readers, but checks no signature.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request";

/// moto's server with one bucket.
struct Bucket {
    server: Child,
    port: u16,
}

impl Bucket {
    /// None: `CORRIDOR_TEST_MOTO`, the Python that has moto, is not set.
    #[expect(clippy::disallowed_methods, reason = "the tests' own setting, none of the service's")]
    async fn start(world: &World) -> Option<Self> {
        let Ok(python) = std::env::var("CORRIDOR_TEST_MOTO") else {
            eprintln!("--- not on S3: CORRIDOR_TEST_MOTO is not set; ./test sets it");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(python);
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let bucket = Self { server, port };
        world.until("moto listens", async || TcpStream::connect(("127.0.0.1", port)).is_ok()).await;
        bucket.put("", b"");
        Some(bucket)
    }

    fn address(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/papers{name}", self.port)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        ureq::put(self.address(name)).header("Authorization", AUTHORIZATION).send(bytes).unwrap();
    }

    fn get(&self, name: &str) -> Vec<u8> {
        ureq::get(self.address(name))
            .header("Authorization", AUTHORIZATION)
            .call()
            .unwrap()
            .body_mut()
            .with_config()
            .limit(20 << 20)
            .read_to_vec()
            .unwrap()
    }

    /// The names of all objects.
    fn names(&self) -> Vec<String> {
        let list = String::from_utf8(self.get("?list-type=2")).unwrap();
        list.split("<Key>").skip(1).map(|rest| format!("/{}", rest.split("</Key>").next().unwrap())).collect()
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("CORRIDOR_FILES_URL", "s3://papers/corridor/one".to_owned()),
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", "eu-central-1".to_owned()),
        ]
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn files_move_to_a_bucket_and_live_there() {
    with(Setup { begins_now: true, ..Setup::default() }, async |world| {
        let Some(bucket) = Bucket::start(world).await else { return };
        let batch = world.open_batch(5).await;
        let ada = world.draft(&world.form(&batch, "Ada")).await;
        let mut content = b"%PDF-1.4 Zhukova-Ada".to_vec();
        content.resize(10 * 1024 * 1024, b'x');
        let upload = async |content: &[u8]| {
            let fields = [Field::text("kind", "passport_page"), Field::file("file", "a.pdf", content)];
            let request = Request::post(format!("{}/evidence", ada.path())).multipart(&fields);
            let document = world.send_as(&world.sponsor, request).await.expect(201);
            format!("{}/evidence/{}", ada.path(), document["id"].as_str().unwrap())
        };
        let earlier = upload(&content[..1000]).await;
        world.mail().await;
        world.stop().await;

        // An empty bucket is not where the files are.
        let variables = bucket.variables();
        let mut serve = world.corridor();
        serve.args(["serve", "--listen", "127.0.0.1:0"]).envs(variables.clone());
        let refused = serve.output().unwrap();
        let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            refused.contains("CORRIDOR_FILES_URL") && refused.contains("s3://papers/corridor/one"),
            "{refused}"
        );
        assert_eq!(bucket.names(), [""; 0]);

        let folder = world.folder().join("files");
        for file in world.files().into_iter().chain([folder.join("corridor-files")]) {
            let name = file.strip_prefix(&folder).unwrap().display().to_string();
            bucket.put(&format!("/corridor/one/{name}"), &std::fs::read(&file).unwrap());
        }
        std::fs::remove_dir_all(&folder).unwrap();
        world.start_process_with(&variables);
        let read = async |path: &str| world.send_as(&world.sponsor, Request::get(path)).await;
        assert_eq!(read(&earlier).await.bytes, content[..1000]);
        let large = upload(&content).await;
        assert!(read(&large).await.bytes == content);
        assert_eq!((bucket.names().len(), world.folder().join("files").exists()), (3, false));
        for name in bucket.names() {
            let bytes = bucket.get(&name);
            assert!(!bytes.windows(11).any(|window| window == b"Zhukova-Ada"), "{name} is plain");
        }

        let name = bucket.names().into_iter().find(|name| bucket.get(name).len() > content.len()).unwrap();
        let original = bucket.get(&name);
        bucket.put(&name, &original[1..]);
        assert_eq!(read(&large).await.refusal(), (410, "document_lost"));
        bucket.put(&name, &original);
        ureq::delete(bucket.address(&name)).header("Authorization", AUTHORIZATION).call().unwrap();
        assert_eq!(read(&large).await.refusal(), (410, "document_lost"));
        bucket.put(&name, &original);
        let verified = world.corridor().arg("verify").envs(variables.clone()).output().unwrap();
        assert!(verified.status.success(), "{verified:?}");

        world.act(&world.sponsor, &ada, json!({ "action": "withdraw" })).await.expect(200);
        world.kill_process();
        // Back to a folder, with what the bucket has.
        for name in bucket.names() {
            let file = folder.join(name.strip_prefix("/corridor/one/").unwrap());
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bucket.get(&name)).unwrap();
        }
        world.start().await;
        assert!(read(&large).await.bytes == content);
    });
}
